import { ConformanceError, declareConformance } from '@uni/reload-core/testing'
import { describe, expect, it } from 'vitest'
import type { CdcOutputProvider } from '../src/index.js'
import { conformanceCases } from '../src/testing/conformance.js'
import { runCdcConformance, type CdcConformanceOptions, type CdcFixture } from '../src/testing/index.js'
import { BROKEN } from './support/broken-ledgers.js'
import { BROKEN_STRATEGIES } from './support/broken-strategies.js'
import { goldenFiles } from './support/golden-files.js'
import { LEDGER, ledgerFixture, type Ledger } from './support/ledger.js'
import { Recorder } from './support/recorder.js'

const golden = await goldenFiles()
const ledger = { make: () => ledgerFixture(), capabilities: LEDGER, golden }

/** The tests that fail, with what they fail with. */
async function failures(options: Omit<CdcConformanceOptions, 'test'>): Promise<Map<string, unknown>> {
  const recorder = new Recorder()
  runCdcConformance({ ...options, test: recorder.test })
  return await recorder.failures()
}

/** The tests that fail, each with the rule that its error says is broken. */
function rulesBroken(failed: ReadonlyMap<string, unknown>): (readonly [key: string, rule: string])[] {
  return Array.from(
    failed,
    ([key, error]) => [key, error instanceof ConformanceError ? error.rule : String(error)] as const,
  ).toSorted()
}

describe('what breaks one rule fails on that rule', () => {
  it.each(BROKEN)('$rule: a ledger that $does', async ({ rule, keys, make }) => {
    expect(rulesBroken(await failures({ ...ledger, make: () => ledgerFixture(make) }))).toEqual(
      keys.toSorted().map((key) => [key, rule]),
    )
  })

  it.each(BROKEN_STRATEGIES)('$rule: a strategy that $does', async ({ rule, keys, make }) => {
    const recorder = new Recorder()
    declareConformance(recorder.test, conformanceCases(ledger, make), { kit: 'runCdcConformance' })
    expect(rulesBroken(await recorder.failures())).toEqual(keys.toSorted().map((key) => [key, rule]))
  })

  it('for every rule that there is a test of', () => {
    const rules = new Set(conformanceCases(ledger).map(({ rule }) => rule))
    expect(new Set([...BROKEN, ...BROKEN_STRATEGIES].map(({ rule }) => rule))).toEqual(rules)
    expect(rules).toEqual(
      new Set([
        ...Array.from({ length: 13 }, (_, at) => `P${at + 1}`),
        'C1',
        'C5',
        'C6',
        'C7',
        'C8',
        'C10',
        'C22',
        'I3',
        'I4',
        'I5',
      ]),
    )
  })
})

describe('a call that never settles', () => {
  const never = (): Promise<never> => new Promise(() => {})

  it.each([
    ['provider.start()', (ledger: Ledger): CdcOutputProvider => ({ name: ledger.name, start: never })],
    [
      'stream.checkpoint()',
      (ledger: Ledger): CdcOutputProvider => ({
        name: ledger.name,
        start: async (ctx) => Object.assign(await ledger.start(ctx), { checkpoint: never }),
      }),
    ],
  ])('%s is named, and the tests after it run', async (call, broken) => {
    let disposed = 0
    const make = (): CdcFixture => {
      const fixture = ledgerFixture()
      return {
        provider: () => broken(fixture.provider() as Ledger),
        stored: (stream) => fixture.stored(stream),
        dispose: () => {
          disposed += 1
        },
      }
    }
    const failed = await failures({
      make,
      capabilities: { guarantee: 'exactly-once', flushes: false },
      deadlineMs: 200,
    })
    const named = [...failed].filter(([key, error]) =>
      String(error).includes(
        `${key} of runCdcConformance: the test has not ended: nothing has happened for 200 ms, and ${call}`,
      ),
    )
    expect(named.length).toBeGreaterThan(0)
    expect(disposed).toBeGreaterThanOrEqual(named.length)
    expect(failed.has('knownGaps are current')).toBe(false)
  })
})

describe('knownGaps', () => {
  const broken = BROKEN.find(({ keys }) => keys.includes('shutdown/twice'))
  if (broken === undefined) throw new Error('no such counter-example')
  const options = { ...ledger, make: () => ledgerFixture(broken.make) }

  it('lets a known gap pass, and no other', async () => {
    expect([...(await failures({ ...options, knownGaps: ['shutdown/twice'] })).keys()]).toEqual([])
  })

  it('fails on a gap that has been closed', async () => {
    const failed = await failures({ ...options, knownGaps: ['shutdown/twice', 'shutdown/lets-go'] })
    expect([...failed.keys()]).toEqual(['shutdown/lets-go'])
    expect(String(failed.get('shutdown/lets-go'))).toContain('take it out of knownGaps')
  })

  it('fails on a key that names no test', async () => {
    const failed = await failures({ ...options, knownGaps: ['shutdown/twice', 'shutdown/thrice'] })
    expect([...failed.keys()]).toEqual(['knownGaps are current'])
    expect(String(failed.get('knownGaps are current'))).toContain('shutdown/thrice')
  })
})

it('fails on a capability that the fixture has no part for', async () => {
  const make = (): CdcFixture => {
    const { outage, ...fixture } = ledgerFixture()
    void outage
    return fixture
  }
  const failed = await failures({ make, capabilities: LEDGER })
  expect([...failed.keys()]).toEqual(['outage/acknowledges-nothing-false'])
  expect(String([...failed.values()][0])).toContain('the fixture has no outage()')
})

it('ends every fixture once, and tells of one that cannot be ended', async () => {
  let made = 0
  let ended = 0
  const make = (): CdcFixture => {
    made += 1
    return {
      ...ledgerFixture(),
      dispose() {
        ended += 1
        if (ended === 1) throw new Error('the directory is not empty')
      },
    }
  }
  const failed = await failures({ make, capabilities: { guarantee: 'exactly-once' } })
  expect([...failed.keys()]).toEqual(['contract/name'])
  expect(String(failed.get('contract/name'))).toContain('the directory is not empty')
  expect(made).toBeGreaterThan(40)
  expect(ended).toBe(made)
})
