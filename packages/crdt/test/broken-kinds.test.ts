import { attempt, ConformanceError } from '@uni/reload-core/testing'
import { describe, expect, it } from 'vitest'
import {
  readCrdtGolden,
  runCrdtConformance,
  writeCrdtGolden,
  type CrdtConformanceOptions,
} from '../src/testing/index.js'
import { brokenKinds, versionOne } from './fixtures/broken/index.js'
import { entriesSubject } from './fixtures/entries-kind.js'

interface Recorded {
  readonly key: string
  readonly rule: string
  readonly error: unknown
}

/** Runs the kit without a runner, and gives what each test came to. */
async function record(options: Omit<CrdtConformanceOptions, 'test'>): Promise<Recorded[]> {
  const tests: { name: string; body(): Promise<void> }[] = []
  runCrdtConformance({ ...options, test: (name, body) => tests.push({ name, body }) })
  const recorded: Recorded[] = []
  for (const { name, body } of tests) {
    const outcome = await attempt(body)
    recorded.push({
      key: name.split(':')[0] as string,
      rule: /\((X\d+)\)/.exec(name)?.[1] ?? '',
      error: 'error' in outcome ? outcome.error : undefined,
    })
  }
  return recorded
}

async function failing(options: Omit<CrdtConformanceOptions, 'test'>): Promise<Recorded[]> {
  return (await record(options)).filter(({ error }) => error !== undefined)
}

const golden = (await writeCrdtGolden(versionOne, { version: '1.0.0' })).map(({ bytes }) => readCrdtGolden(bytes))

describe('the kit finds what a broken provider breaks, and nothing else', () => {
  it.each(brokenKinds.map(({ what, ...broken }) => [what, broken] as const))(
    'a provider that %s',
    async (_, { fails, ...options }) => {
      const found = await failing({ ...options, ...(fails[0]?.startsWith('golden') && { golden }) })
      expect(found.map(({ key }) => key).toSorted()).toEqual(fails.toSorted())
      expect(new Set(found.map(({ rule }) => rule)).size).toBe(1)
      for (const { rule, error } of found) {
        expect(error).toBeInstanceOf(ConformanceError)
        expect((error as ConformanceError).message).toMatch(new RegExp(`^${rule}: .+`))
      }
    },
  )

  it('every test of the kit is failed by one of them', async () => {
    const all = await record({ make: () => entriesSubject(), capabilities: { inPlace: true }, golden })
    expect(all.filter(({ error }) => error !== undefined)).toEqual([])
    const shown = new Set(brokenKinds.flatMap(({ fails }) => fails))
    const others = all.map(({ key }) => key).filter((key) => !shown.has(key) && !key.startsWith('golden/1.0.0/'))
    expect(others).toEqual(['knownGaps are current'])
  })
})

it('a call that never settles is named, and the tests after it run', async () => {
  const make = (): ReturnType<typeof entriesSubject> => {
    const subject = entriesSubject()
    const { provider } = subject
    return {
      ...subject,
      provider: { kind: provider.kind, empty: () => provider.empty(), fromPersisted: () => new Promise(() => {}) },
    }
  }
  const all = await record({ make, capabilities: { samples: false }, deadlineMs: 200 })
  const named = all.filter(({ key, error }) =>
    String(error).includes(
      `${key} of runCrdtConformance: the test has not ended: nothing has happened for 200 ms, and provider.fromPersisted() has not settled`,
    ),
  )
  expect(named.length).toBeGreaterThan(0)
  expect(all.at(-1)).toMatchObject({ key: 'knownGaps are current', error: undefined })
})

describe('knownGaps', () => {
  const broken = brokenKinds.find(({ fails }) => fails[0] === 'bad-input/says-why')
  const make = (): ReturnType<typeof entriesSubject> => broken?.make() ?? entriesSubject()

  it('lets a test that is known to fail pass', async () => {
    expect(await failing({ make, knownGaps: ['bad-input/says-why'] })).toEqual([])
  })

  it('forces out a gap that was closed', async () => {
    const found = await failing({ make: () => entriesSubject(), knownGaps: ['bad-input/says-why'] })
    expect(found).toMatchObject([
      { key: 'bad-input/says-why', error: { message: 'X19: bad-input/says-why holds now: take it out of knownGaps' } },
    ])
  })

  it('forces out a key that names no test, or one that is not run', async () => {
    const found = await failing({ make: () => entriesSubject(), knownGaps: ['image/truncated', 'golden/way-back'] })
    expect(found).toMatchObject([
      {
        key: 'knownGaps are current',
        error: {
          message: expect.stringMatching(
            /^knownGaps names no test of this suite: image\/truncated, golden\/way-back\. /,
          ) as string,
        },
      },
    ])
  })
})

describe('capabilities', () => {
  it('choose the tests', async () => {
    const keys = async (capabilities: CrdtConformanceOptions['capabilities'] = {}): Promise<string[]> =>
      (await record({ make: () => entriesSubject(), capabilities })).map(({ key }) => key)
    const all = await keys()
    const fewer = await keys({ anyOrder: false, repeats: false, samples: false })
    expect(all.filter((key) => !fewer.includes(key))).toEqual([
      'persist/waiting',
      'convergence/repeats',
      'samples/fresh',
      'samples/conflict',
      'samples/late',
    ])
    const more = await keys({ inPlace: true })
    expect(more.filter((key) => !all.includes(key))).toEqual(['in-place/edits', 'in-place/refused'])
  })
})
