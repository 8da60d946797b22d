import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { failingNodeTest, nodeTest } from '../../core/test/fixtures/node-test.js'
import { runCrdtConformance } from '../src/testing/index.js'
import { entriesSubject } from './fixtures/entries-kind.js'

const fileOf = (name: string): string => fileURLToPath(new URL(`node-test/${name}`, import.meta.url))

/** The names of the tests that the sources register. */
function registered(): string[] {
  const names: string[] = []
  runCrdtConformance({ test: (name) => names.push(name), make: () => entriesSubject() })
  return names
}

it('the kit runs under node:test, from the package as it is built', async () => {
  const { stdout, count } = await nodeTest(fileOf('notes.test.mjs'))
  const passed = Array.from(stdout.matchAll(/^ *ok \d+ - (.+)$/gm), ([, name]) => name)
  for (const name of registered()) expect(passed).toContain(name.replaceAll('#', '\\#'))
  expect({ tests: count('tests'), pass: count('pass'), fail: count('fail') }).toEqual({
    tests: registered().length,
    pass: registered().length,
    fail: 0,
  })
})

it('a call that never settles is named under node:test, and the tests after it run', async () => {
  const { stdout, count } = await failingNodeTest(fileOf('never-settles.mjs'))
  expect(stdout).toMatch(
    /\S+ of runCrdtConformance: the test has not ended: nothing has happened for 200 ms, and provider\.fromPersisted\(\)/,
  )
  expect(count('cancelled')).toBe(0)
  expect(count('pass') + count('fail')).toBe(count('tests'))
  expect(stdout).toMatch(/^ *ok \d+ - knownGaps are current$/m)
})
