import { describeThrown } from '../errors.js'
import type { MaybePromise } from '../maybe-promise.js'

/** What was found to break a rule. */
export class ConformanceError extends Error {
  override readonly name = 'ConformanceError'
  /** The rule of a specification, such as `X17` or `I3`. */
  readonly rule: string

  constructor(rule: string, message: string, cause?: unknown) {
    super(`${rule}: ${message}`, cause === undefined ? undefined : { cause })
    this.rule = rule
  }
}

/** The outcome of what may fail. */
export type Attempt<T> = { readonly value: T } | { readonly error: unknown }

export async function attempt<T>(run: () => MaybePromise<T>): Promise<Attempt<T>> {
  try {
    return { value: await run() }
  } catch (error) {
    return { error }
  }
}

/** The assertions of one conformance test: they need no test library, and what fails names the rule. */
export class Expectation {
  readonly #rule: string

  constructor(rule: string) {
    this.#rule = rule
  }

  /** @throws ConformanceError always. Say what was expected, and what was found. */
  fail(message: string, cause?: unknown): never {
    throw new ConformanceError(this.#rule, message, cause)
  }

  that(holds: boolean, message: string): asserts holds {
    if (!holds) this.fail(message)
  }

  /** Runs what must not fail, and gives what it gave. */
  async works<T>(what: string, run: () => MaybePromise<T>): Promise<T> {
    const outcome = await attempt(run)
    if ('value' in outcome) return outcome.value
    if (outcome.error instanceof ConformanceError) throw outcome.error
    return this.fail(`${what} has to work here, and failed: ${describeThrown(outcome.error)}`, outcome.error)
  }

  /** Runs what must fail, and gives what was thrown. */
  async refused(what: string, run: () => unknown): Promise<unknown> {
    const outcome = await attempt(run)
    return 'error' in outcome ? outcome.error : this.fail(`${what} has to be refused, and was not`)
  }
}
