import type { IndexKindProvider } from '@uni/reload-index'
import {
  runIndexConformance,
  readIndexGolden,
  writeIndexGolden,
  type IndexCapabilities,
  type IndexConformanceOptions,
  type IndexFixture,
} from '@uni/reload-index/testing'
import { describe, expect, test } from 'vitest'
import { BROKEN } from './fixtures/broken/index.js'
import { notesFixture } from './fixtures/kit.js'
import { Notes } from './fixtures/notes.js'

const EVERYTHING: IndexCapabilities = {
  writes: true,
  filter: true,
  isolated: true,
  samples: true,
  checksum: true,
  files: true,
  upgrade: true,
  downgrade: true,
  recall: 0.9,
}

const written = notesFixture(() => new Notes()).then(async (fixture) => {
  const files = await writeIndexGolden(fixture, { version: '1.0.0' })
  return readIndexGolden(files)
})

/**
 * Runs the kit as a runner would, one test after the other. Resolves with the error of each test that failed, by its
 * key.
 */
async function run(
  options: Omit<IndexConformanceOptions, 'test'>,
): Promise<{ count: number; failures: Map<string, Error> }> {
  const tests: { key: string; body: () => Promise<void> | void }[] = []
  runIndexConformance({ ...options, test: (name, body) => tests.push({ key: name.split(':')[0] as string, body }) })
  const failures = new Map<string, Error>()
  for (const { key, body } of tests) {
    try {
      await body()
    } catch (error) {
      failures.set(key, error as Error)
    }
  }
  return { count: tests.length, failures }
}

describe('a provider that breaks one rule fails on that rule', () => {
  test.for(BROKEN)('$rule: $breaks', async ({ rule, fails, make, previous }) => {
    const { failures } = await run({
      make: () => notesFixture(make, previous ?? (() => new Notes())),
      capabilities: EVERYTHING,
      golden: await written,
      seed: 1,
    })
    expect([...failures.keys()]).toEqual(fails)
    for (const error of failures.values())
      expect(error).toMatchObject({
        name: 'ConformanceError',
        rule,
        message: expect.stringMatching(`^${rule}: `) as string,
      })
  })

  test('there is one for each rule of the kit', async () => {
    const rules = new Set<string>()
    const rule = (name: string): string => /\((\w+)\)$/.exec(name)?.[1] ?? 'none'
    runIndexConformance({
      make: () => notesFixture(() => new Notes()),
      capabilities: EVERYTHING,
      golden: await written,
      test: (name) => rules.add(rule(name)),
    })
    rules.delete(rule('knownGaps are current'))
    expect([...new Set(BROKEN.map(({ rule }) => rule))].sort()).toEqual([...rules].sort())
    for (let nth = 1; nth <= 19; nth += 1) expect(rules).toContain(`P${nth}`)
  })
})

describe('a call that never settles', () => {
  const never = (): Promise<never> => new Promise(() => {})

  test.for<[call: string, broken: (notes: Notes) => IndexKindProvider]>([
    ['provider.build()', (notes) => ({ kind: notes.kind, build: never, open: (image) => notes.open(image) })],
    ['provider.open()', (notes) => ({ kind: notes.kind, build: (source) => notes.build(source), open: never })],
  ])('%s is named, and the tests after it run', async ([call, broken]) => {
    let disposed = 0
    const make = async (): Promise<IndexFixture> => {
      const fixture = await notesFixture(() => broken(new Notes()))
      return {
        ...fixture,
        dispose: async () => {
          await fixture.dispose?.()
          disposed += 1
        },
      }
    }
    const { count, failures } = await run({
      make,
      capabilities: { ...EVERYTHING, samples: false, upgrade: false, downgrade: false },
      seed: 1,
      deadlineMs: 200,
    })
    const named = [...failures].filter(([key, { message }]) =>
      message.includes(
        `${key} of runIndexConformance: the test has not ended: nothing has happened for 200 ms, and ${call}`,
      ),
    )
    expect(named.length).toBeGreaterThan(0)
    expect(disposed).toBeGreaterThanOrEqual(named.length)
    expect(failures.size).toBeLessThan(count)
    expect(failures.has('knownGaps are current')).toBe(false)
  })
})

describe('the kit itself', () => {
  const good = {
    make: () =>
      notesFixture(
        () => new Notes(),
        () => new Notes(),
      ),
    capabilities: EVERYTHING,
    seed: 1,
  }

  test('a provider that keeps all rules passes all tests', async () => {
    const { count, failures } = await run({ ...good, golden: await written })
    expect([...failures]).toEqual([])
    expect(count).toBeGreaterThan(60)
  })

  test('claims choose the sections', async () => {
    const { count, failures } = await run({ ...good, capabilities: {} })
    expect(count).toBeLessThan(50)
    // What is there has to be claimed.
    expect([...failures.keys()]).toEqual(['contract/claims'])
  })

  test('a known gap has to fail, and does not fail the suite', async () => {
    const broken = BROKEN.find(({ fails }) => fails[0] === 'filter/refused')
    const { failures } = await run({
      ...good,
      make: () => notesFixture(broken?.make ?? (() => new Notes()), () => new Notes()),
      knownGaps: ['filter/refused'],
    })
    expect([...failures]).toEqual([])
  })

  test('a gap that was closed, and one that names no test, fail the suite', async () => {
    const { failures } = await run({ ...good, knownGaps: ['image/empty', 'image/none'] })
    expect([...failures.keys()]).toEqual(['image/empty', 'knownGaps are current'])
    expect(failures.get('image/empty')?.message).toMatch(/holds now: take it out of knownGaps/)
    expect(failures.get('knownGaps are current')?.message).toMatch(/names no test of this suite: image\/none/)
  })

  test('bad input can be drawn again: a failure names the seed', async () => {
    const broken = BROKEN.find(({ fails }) => fails[0] === 'damage/random')
    const { failures } = await run({
      ...good,
      make: () => notesFixture(broken?.make ?? (() => new Notes()), () => new Notes()),
      seed: 4711,
    })
    expect(failures.get('damage/random')?.message).toMatch(/seed 4711/)
  })
})
