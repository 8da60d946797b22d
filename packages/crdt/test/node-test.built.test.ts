import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import { runCrdtConformance } from '../src/testing/index.js'
import { entriesSubject } from './fixtures/entries-kind.js'

/** The names of the tests that the sources register. */
function registered(): string[] {
  const names: string[] = []
  runCrdtConformance({ test: (name) => names.push(name), make: () => entriesSubject() })
  return names
}

it('the kit runs under node:test, from the package as it is built', async () => {
  const file = fileURLToPath(new URL('node-test/notes.test.mjs', import.meta.url))
  const { stdout } = await promisify(execFile)(process.execPath, ['--test', '--test-reporter=tap', file])
  const passed = Array.from(stdout.matchAll(/^ *ok \d+ - (.+)$/gm), ([, name]) => name)
  for (const name of registered()) expect(passed).toContain(name.replaceAll('#', '\\#'))
  const count = (what: string): number => Number(new RegExp(`^# ${what} (\\d+)$`, 'm').exec(stdout)?.[1])
  expect({ tests: count('tests'), pass: count('pass'), fail: count('fail') }).toEqual({ tests: registered().length, pass: registered().length, fail: 0 })
})

it('a call that never settles is named under node:test, and the tests after it run', async () => {
  const stdout = await promisify(execFile)(process.execPath, ['--test', '--test-reporter=tap', fileURLToPath(new URL('node-test/never-settles.mjs', import.meta.url))]).then(
    () => { throw new Error('a test has to fail') }, ({ stdout: told }: { stdout: string }) => told,
  )
  const count = (what: string): number => Number(new RegExp(`^# ${what} (\\d+)$`, 'm').exec(stdout)?.[1])
  expect(stdout).toMatch(/\S+ of runCrdtConformance: the test has not ended: nothing has happened for 200 ms, and provider\.fromPersisted\(\)/)
  expect(count('cancelled')).toBe(0)
  expect(count('pass') + count('fail')).toBe(count('tests'))
  expect(stdout).toMatch(/^ *ok \d+ - knownGaps are current$/m)
})
