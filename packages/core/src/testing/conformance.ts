import { describeThrown } from '../errors.js'
import type { MaybePromise } from '../maybe-promise.js'
import { option } from '../options.js'
import { attempt, ConformanceError, Expectation } from './expectation.js'

/** How a runner declares a test: `test` of Vitest, of `node:test`, of Deno or of Bun fits. */
export type DeclareTest = (name: string, body: () => Promise<void>) => unknown

/** One rule that an implementation is held to. */
export interface ConformanceCase {
  /** Stable from release to release: what `knownGaps` names. */
  readonly key: string
  /** The rule of the specification that it shows. */
  readonly rule: string
  /** What holds. */
  readonly title: string
  /** Keys of cases without which this one says nothing: while one of them is broken, this one is not judged. */
  readonly needs?: readonly string[]
  run(expect: Expectation): MaybePromise<void>
}

/** The options that every kit has. */
export const KIT = { test: option.required(option.function), knownGaps: option.list(option.text) }

type Outcome = 'holds' | 'not judged' | { readonly broken: unknown }

/**
 * Declares a test for each case, named `key: title (rule)`. The case of a known gap has to fail, so that closing the gap
 * forces its key out of the list; one more test fails while `knownGaps` names no case.
 */
export function declareConformance(test: DeclareTest, cases: readonly ConformanceCase[], knownGaps: readonly string[] = []): void {
  const gaps = new Set(knownGaps)
  const outcomeOf = outcomes(cases, gaps)
  for (const { key, rule, title } of cases) {
    const gap = gaps.has(key)
    test(`${key}: ${title} (${rule})${gap ? ', a known gap' : ''}`, async () => {
      const outcome = await outcomeOf(key)
      if (gap && outcome === 'holds') throw new ConformanceError(rule, `${key} holds now: take it out of knownGaps`)
      if (!gap && typeof outcome === 'object') throw outcome.broken
    })
  }
  test('knownGaps are current', async () => {
    const stale = knownGaps.filter((gap) => !cases.some(({ key }) => key === gap))
    if (stale.length > 0) throw new Error(`knownGaps names no test of this suite: ${stale.join(', ')}. There are ${cases.map(({ key }) => key).join(', ')}`)
  })
}

/** Runs each case once, whoever asks: its own test, or a case that needs it. */
function outcomes(cases: readonly ConformanceCase[], gaps: ReadonlySet<string>): (key: string) => Promise<Outcome> {
  const byKey = new Map(cases.map((one) => [one.key, one]))
  const known = new Map<string, Promise<Outcome>>()
  const outcomeOf = (key: string): Promise<Outcome> => {
    const outcome = known.get(key) ?? judge(byKey.get(key) as ConformanceCase)
    known.set(key, outcome)
    return outcome
  }
  return outcomeOf

  async function judge({ key, rule, needs = [], run }: ConformanceCase): Promise<Outcome> {
    for (const needed of needs) {
      if (!byKey.has(needed)) return { broken: new ConformanceError(rule, `${key} needs ${needed}, which is no case of this suite`) }
      // A gap that is known is no reason to look no further.
      if (!gaps.has(needed) && await outcomeOf(needed) !== 'holds') return 'not judged'
    }
    const ran = await attempt(() => run(new Expectation(rule)))
    if ('value' in ran) return 'holds'
    return { broken: ran.error instanceof ConformanceError ? ran.error : new ConformanceError(rule, `${key} failed: ${describeThrown(ran.error)}`, ran.error) }
  }
}
