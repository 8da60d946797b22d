import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { runIndexConformance } from '@uni/reload-index/testing'
import { expect, test } from 'vitest'
import { notesFixture } from './fixtures/kit.js'
import { Notes } from './fixtures/notes.js'

test('the kit runs under node:test, from the package as it is built', async () => {
  const names: string[] = []
  runIndexConformance({ test: (name) => names.push(name), make: () => notesFixture(() => new Notes()), capabilities: { writes: true } })
  expect(names.length).toBeGreaterThan(50)

  const file = fileURLToPath(new URL('node-test/full-text.test.mjs', import.meta.url))
  // Rejects where a test fails, and where the package was not built.
  const { stdout } = await promisify(execFile)(process.execPath, ['--test', '--test-reporter=tap', file], { env: environment() })
  const passed = Array.from(stdout.matchAll(/^ *ok \d+ - (.+)$/gm), ([, name]) => name)
  expect(passed).toEqual(names)
  const count = (what: string): number => Number(new RegExp(`^# ${what} (\\d+)$`, 'm').exec(stdout)?.[1])
  expect({ tests: count('tests'), pass: count('pass'), fail: count('fail'), skipped: count('skipped') })
    .toEqual({ tests: names.length, pass: names.length, fail: 0, skipped: 0 })
})

/** What Node gets of the environment: nothing of the runner of this test. */
function environment(): NodeJS.ProcessEnv {
  const { NODE_OPTIONS: _, NODE_TEST_CONTEXT: __, ...env } = process.env
  return env
}

test('a call that never settles is named under node:test, and the tests after it run', async () => {
  const stdout = await promisify(execFile)(process.execPath, ['--test', '--test-reporter=tap', fileURLToPath(new URL('node-test/never-settles.mjs', import.meta.url))], { env: environment() }).then(
    () => { throw new Error('a test has to fail') }, ({ stdout: told }: { stdout: string }) => told,
  )
  const count = (what: string): number => Number(new RegExp(`^# ${what} (\\d+)$`, 'm').exec(stdout)?.[1])
  expect(stdout).toMatch(/\S+ of runIndexConformance: the test has not ended: nothing has happened for 200 ms, and provider\.open\(\)/)
  expect(count('cancelled')).toBe(0)
  expect(count('pass') + count('fail')).toBe(count('tests'))
  expect(stdout).toMatch(/^ *ok \d+ - knownGaps are current$/m)
})
