import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { failingNodeTest, nodeTest, runNode } from '../../core/test/fixtures/node-test.js'
import { runCdcConformance } from '../src/testing/index.js'
import { ledgerFixture } from './support/ledger.js'
import { Recorder } from './support/recorder.js'

const directory = join(import.meta.dirname, 'node-test')

it('the suite runs under node:test as it does here, from the package as it is built', async () => {
  const { stdout, count } = await nodeTest(join(directory, 'warehouse.test.mjs'))
  const recorder = new Recorder()
  runCdcConformance({
    test: recorder.test,
    make: () => ledgerFixture(),
    capabilities: { guarantee: 'exactly-once', streams: 'one' },
  })
  expect({ tests: count('tests'), pass: count('pass'), fail: count('fail'), skipped: count('skipped') }).toEqual({
    tests: recorder.keys.length,
    pass: recorder.keys.length,
    fail: 0,
    skipped: 0,
  })
  const passed = Array.from(stdout.matchAll(/^ *ok \d+ - (.+?): /gm), ([, key]) => key)
  expect(passed).toEqual(expect.arrayContaining(recorder.keys.filter((key) => key.includes('/'))))
  expect(recorder.keys.length).toBeGreaterThan(40)
})

it('the README shows what runs', async () => {
  const readme = await readFile(join(import.meta.dirname, '../README.md'), 'utf8')
  const shown = Array.from(readme.matchAll(/```js\n(.*?)```/gs), ([, code]) => code)
  const files = ['example.mjs', 'warehouse.mjs', 'warehouse.test.mjs'].map((name) =>
    readFile(join(directory, name), 'utf8'),
  )
  expect(shown).toEqual(await Promise.all(files))
  expect(await runNode(['example.mjs'], directory)).toBe("[ [ '1.0.0', 0n ], [ '2.0.0', 3n ] ]\n")
})

it('a call that never settles is named under node:test, and the tests after it run', async () => {
  const { stdout, count } = await failingNodeTest(join(directory, 'never-settles.mjs'))
  expect(stdout).toMatch(
    /\S+ of runCdcConformance: the test has not ended: nothing has happened for 200 ms, and stream\.checkpoint\(\)/,
  )
  expect(count('cancelled')).toBe(0)
  expect(count('pass') + count('fail')).toBe(count('tests'))
  expect(stdout).toMatch(/^ *ok \d+ - knownGaps are current$/m)
})
