import { fileURLToPath } from 'node:url'
import { runIndexConformance } from '@uni/reload-index/testing'
import { expect, test } from 'vitest'
import { failingNodeTest, nodeTest } from '../../core/test/fixtures/node-test.js'
import { notesFixture } from './fixtures/kit.js'
import { Notes } from './fixtures/notes.js'

const fileOf = (name: string): string => fileURLToPath(new URL(`node-test/${name}`, import.meta.url))

test('the kit runs under node:test, from the package as it is built', async () => {
  const names: string[] = []
  runIndexConformance({
    test: (name) => names.push(name),
    make: () => notesFixture(() => new Notes()),
    capabilities: { writes: true },
  })
  expect(names.length).toBeGreaterThan(50)

  const { stdout, count } = await nodeTest(fileOf('full-text.test.mjs'))
  const passed = Array.from(stdout.matchAll(/^ *ok \d+ - (.+)$/gm), ([, name]) => name)
  expect(passed).toEqual(names)
  expect({ tests: count('tests'), pass: count('pass'), fail: count('fail'), skipped: count('skipped') }).toEqual({
    tests: names.length,
    pass: names.length,
    fail: 0,
    skipped: 0,
  })
})

test('a call that never settles is named under node:test, and the tests after it run', async () => {
  const { stdout, count } = await failingNodeTest(fileOf('never-settles.mjs'))
  expect(stdout).toMatch(
    /\S+ of runIndexConformance: the test has not ended: nothing has happened for 200 ms, and provider\.open\(\)/,
  )
  expect(count('cancelled')).toBe(0)
  expect(count('pass') + count('fail')).toBe(count('tests'))
  expect(stdout).toMatch(/^ *ok \d+ - knownGaps are current$/m)
})
