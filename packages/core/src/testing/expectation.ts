import { describeThrown } from '../errors.js'
import { Deadline, DEADLINE_MS } from './deadline.js'
import { NamedCalls, type NamedKinds } from './named-calls.js'
import type { MaybePromise } from '../maybe-promise.js'

/** An implementation breaks a rule. */
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

/** The assertions of one conformance test. They need no test library, and their errors name the rule. */
export class Expectation {
  readonly #rule: string
  readonly #deadline: Deadline
  #failure: ConformanceError | undefined
  #part: string | undefined

  constructor(rule: string, deadline = new Deadline(DEADLINE_MS)) {
    this.#rule = rule
    this.#deadline = deadline
  }

  /** The first failure, if there was one. */
  get failure(): ConformanceError | undefined {
    return this.#failure
  }

  /** The part of the case that began last. */
  get part(): string | undefined {
    return this.#part
  }

  /** @param message what was expected, and what was found. @throws ConformanceError always. */
  fail(message: string, cause?: unknown): never {
    const failure = new ConformanceError(this.#rule, message, cause)
    this.#failure ??= failure
    throw failure
  }

  /** Begins a part of the case. It has a deadline of its own, and errors name it. */
  begin(part: string): void {
    this.#part = part
    this.#deadline.move()
  }

  /** Makes a call into what is tested. If it never settles, the error of the test names it. */
  call<T>(what: string, run: () => T): T {
    return this.#deadline.call(what, run)
  }

  /**
   * Gives a proxy of `target` whose method calls have names, such as `fixture.stored()`, so that an error can name one
   * that never settles. Its members and results are wrapped, too, if they are of one of `kinds`.
   */
  named<T extends object>(target: T, name: string, kinds: NamedKinds = {}): T {
    return new NamedCalls(this.#deadline, kinds).wrap(target, name)
  }

  that(holds: boolean, message: string): asserts holds {
    if (!holds) this.fail(message)
  }

  /** Runs what must not fail, and resolves with its result. */
  async works<T>(what: string, run: () => MaybePromise<T>): Promise<T> {
    const outcome = await attempt(() => this.call(what, run))
    if ('value' in outcome) return outcome.value
    if (outcome.error instanceof ConformanceError) throw outcome.error
    return this.fail(`${what} has to work here, and failed: ${describeThrown(outcome.error)}`, outcome.error)
  }

  /** Runs what must fail, and resolves with what was thrown. */
  async refused(what: string, run: () => unknown): Promise<unknown> {
    const outcome = await attempt(() => this.call(what, run))
    return 'error' in outcome ? outcome.error : this.fail(`${what} has to be refused, and was not`)
  }
}
