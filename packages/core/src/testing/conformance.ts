import { describeThrown } from '../errors.js'
import type { MaybePromise } from '../maybe-promise.js'
import { option, type OptionChecks } from '../options.js'
import { Deadline, DEADLINE_MS } from './deadline.js'
import { attempt, ConformanceError, Expectation } from './expectation.js'

/**
 * Declares a test, as `test` of Vitest, of `node:test`, of Deno and of Bun do.
 *
 * @param limitMs the time limit of the test in milliseconds, for runners that have one. It is so long that the kit ends
 * a test that never settles before the runner does.
 */
export type DeclareTest = (name: string, body: () => Promise<void>, limitMs: number) => unknown

/** One rule that an implementation has to keep. */
export interface ConformanceCase {
  /** The name by which `knownGaps` has it. It stays the same from release to release. */
  readonly key: string
  /** The rule of the specification that it shows. */
  readonly rule: string
  /** What is true where the test passes. */
  readonly title: string
  /** Keys of cases that this one builds on. If one of them fails, this one is not run. */
  readonly needs?: readonly string[] | undefined
  run(expect: Expectation, after: After): MaybePromise<void>
}

/** Has `undo` run when the case is over, even if it fails or is given up on. The last one registered runs first. */
export type After = (undo: () => unknown) => void

/** The options that every kit has. */
export interface KitOptions {
  /** `test` of any runner: Vitest's, `node:test`'s, or any other of this shape. */
  readonly test: DeclareTest
  /**
   * Keys of tests that are known to fail. If one of them passes, the suite fails, so that the list stays true.
   */
  readonly knownGaps?: readonly string[] | undefined
  /**
   * A test fails when none of its calls has begun or settled for this many milliseconds. Its error names the calls that
   * are pending. Teardown has the same time again. Default: 30,000.
   */
  readonly deadlineMs?: number | undefined
}

export const KIT: OptionChecks<KitOptions> = {
  test: option.required(option.function),
  knownGaps: option.list(option.text),
  deadlineMs: option.numberThat('a finite number of milliseconds above 0', (value) => value > 0 && value < Infinity),
}

export interface ConformanceOptions extends Omit<KitOptions, 'test'> {
  /** The function that declares the kit, such as `runIndexConformance`, for errors. */
  readonly kit: string
}

/** Milliseconds that no test reaches while its calls settle, however slow the machine is. */
const RUNNER_LIMIT_MS = 900_000
const LONGEST_TIMER_MS = 2 ** 31 - 1

type Outcome = 'holds' | 'not judged' | { readonly broken: unknown }

/**
 * Declares a test for each case, named `key: title (rule)`. The case of a known gap has to fail. One more test fails if
 * `knownGaps` has a key that no case has. A test in which no call begins or settles any more fails with the names of
 * the pending calls, and the tests after it run.
 */
export function declareConformance(
  test: DeclareTest,
  cases: readonly ConformanceCase[],
  { kit, knownGaps = [], deadlineMs = DEADLINE_MS }: ConformanceOptions,
): void {
  const gaps = new Set(knownGaps)
  const outcomeOf = outcomes(cases, gaps, (one) => judgeCase(one, kit, deadlineMs))
  const limitMs = Math.min(RUNNER_LIMIT_MS + 2 * deadlineMs, LONGEST_TIMER_MS)
  for (const { key, rule, title } of cases) {
    const gap = gaps.has(key)
    test(
      `${key}: ${title} (${rule})${gap ? ', a known gap' : ''}`,
      async () => {
        const outcome = await outcomeOf(key)
        if (gap && outcome === 'holds') throw new ConformanceError(rule, `${key} holds now: take it out of knownGaps`)
        if (!gap && typeof outcome === 'object') throw outcome.broken
      },
      limitMs,
    )
  }
  test(
    'knownGaps are current',
    async () => {
      const stale = knownGaps.filter((gap) => !cases.some(({ key }) => key === gap))
      if (stale.length > 0)
        throw new Error(
          `knownGaps names no test of this suite: ${stale.join(', ')}. There are ` +
            `${cases.map(({ key }) => key).join(', ')}`,
        )
    },
    limitMs,
  )
}

/** Runs each case once, for its own test and for every case that needs it. */
function outcomes(
  cases: readonly ConformanceCase[],
  gaps: ReadonlySet<string>,
  judge: (one: ConformanceCase) => Promise<Outcome>,
): (key: string) => Promise<Outcome> {
  const byKey = new Map(cases.map((one) => [one.key, one]))
  const known = new Map<string, Promise<Outcome>>()
  const outcomeOf = (key: string): Promise<Outcome> => {
    const outcome = known.get(key) ?? judgeInTurn(byKey.get(key) as ConformanceCase)
    known.set(key, outcome)
    return outcome
  }
  return outcomeOf

  async function judgeInTurn(one: ConformanceCase): Promise<Outcome> {
    const { key, rule, needs = [] } = one
    for (const needed of needs) {
      if (!byKey.has(needed))
        return { broken: new ConformanceError(rule, `${key} needs ${needed}, which is no case of this suite`) }
      // A known gap does not keep the cases that need it from being run.
      if (!gaps.has(needed) && (await outcomeOf(needed)) !== 'holds') return 'not judged'
    }
    return judge(one)
  }
}

/** Runs a case, then the undos that it has registered. The outcome has the first failure. */
async function judgeCase({ key, rule, run }: ConformanceCase, kit: string, deadlineMs: number): Promise<Outcome> {
  const deadline = new Deadline(deadlineMs)
  const expect = new Expectation(rule, deadline)
  const undos: (() => unknown)[] = []
  let over = false
  const after: After = (undo) => {
    // A case that was given up on may go on and make something: that is undone at once.
    if (over) void attempt(undo)
    else undos.push(undo)
  }
  const unending =
    (doing: string) =>
    (what: string): ConformanceError => {
      const { failure, part } = expect
      const at = part === undefined ? '' : `, at ${part}`
      const before = failure === undefined ? '' : ` Before that: ${failure.message}.`
      return new ConformanceError(
        rule,
        `${key} of ${kit}${at}: ${doing} has not ended: ${what}.${before} Raise deadlineMs where a call may take ` +
          'longer.',
        failure,
      )
    }
  const ran = [await attempt(() => deadline.within(() => run(expect, after), unending('the test')))]
  for (let undo = undos.pop(); undo !== undefined; undo = undos.pop()) {
    ran.push(
      await attempt(() => deadline.within(undo as () => MaybePromise<void>, unending('what is undone after the test'))),
    )
  }
  over = true
  const failed = ran.find((outcome) => 'error' in outcome)
  if (failed === undefined) return 'holds'
  const { error } = failed
  return {
    broken:
      error instanceof ConformanceError
        ? error
        : new ConformanceError(rule, `${key} failed: ${describeThrown(error)}`, error),
  }
}
