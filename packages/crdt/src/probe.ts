import { describeThrown, ReloadError, Slices, type CallOptions, type MaybePromise, type StepContext } from '@uni/reload-core'
import type { Difference } from './difference.js'

/** What a check found, as `details` of an incompatible verdict has it. */
export interface CrdtIncompatibility {
  /** The state that showed it: `the empty state`, `sample 3`, `live document "notes"`, or two of them that were merged. */
  readonly state: string
  /** Where the values differ. Absent where the provider failed to answer. */
  readonly difference?: Difference
  /** What the provider threw, where it failed to answer. */
  readonly cause?: unknown
}

/** A reason not to take the new version. */
export class Refusal extends Error {
  override readonly name = 'Refusal'
  readonly details: CrdtIncompatibility

  constructor(reason: string, details: CrdtIncompatibility) {
    super(reason, 'cause' in details ? { cause: details.cause } : undefined)
    this.details = details
  }
}

/** Asks providers, one call after the other: each with a deadline, and the event loop turning in between. */
export class Probe {
  readonly #ctx: StepContext
  readonly #slices = new Slices()

  constructor(ctx: StepContext) {
    this.#ctx = ctx
  }

  /**
   * @param doing what fails if `work` throws, such as `opening sample 3 with the new version`.
   * @throws Refusal for what `work` throws; a deadline or an abort stays the error that it is.
   */
  async ask<T>(step: string, state: string, doing: string, work: () => MaybePromise<T>, options?: CallOptions<T>): Promise<T> {
    let thrown: { error: unknown } | undefined
    const noting = async (): Promise<T> => {
      try {
        return await work()
      } catch (error) {
        thrown = { error }
        throw error
      }
    }
    if (this.#slices.due()) await this.#slices.pause()
    try {
      return await this.#ctx.call(step, noting, options)
    } catch (error) {
      if (thrown === undefined || ReloadError.is(thrown.error)) throw error
      const cause = thrown.error
      throw new Refusal(`${doing} failed: ${describeThrown(cause)}`, { state, cause })
    }
  }
}
