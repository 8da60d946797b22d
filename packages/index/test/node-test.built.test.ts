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
  const { NODE_OPTIONS: _, NODE_TEST_CONTEXT: __, ...env } = process.env
  // Rejects where a test fails, and where the package was not built.
  const { stdout } = await promisify(execFile)(process.execPath, ['--test', '--test-reporter=tap', file], { env })
  const passed = Array.from(stdout.matchAll(/^ *ok \d+ - (.+)$/gm), ([, name]) => name)
  expect(passed).toEqual(names)
  const count = (what: string): number => Number(new RegExp(`^# ${what} (\\d+)$`, 'm').exec(stdout)?.[1])
  expect({ tests: count('tests'), pass: count('pass'), fail: count('fail'), skipped: count('skipped') })
    .toEqual({ tests: names.length, pass: names.length, fail: 0, skipped: 0 })
})
