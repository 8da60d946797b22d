import {
  closeAside,
  describeThrown,
  ReloadError,
  type CallOptions,
  type MaybePromise,
  type Opening,
  type Slices,
  type StepContext,
} from '@uni/reload-core'
import { adviceOn, type CrdtCheck } from './advice.js'
import type { CrdtState } from './contract.js'
import { copying } from './copy.js'
import { compare, type Difference } from './difference.js'
import type { Wording } from './show.js'
import { closeState, valueNow } from './state.js'

/** The finding of a check, in the `details` of an incompatible verdict. */
export interface CrdtIncompatibility {
  /**
   * The state with the finding: `the empty state`, `sample 3`, `live document "notes"`, or two of them that were
   * merged.
   */
  readonly state: string
  /** The check; absent where the provider failed to answer. */
  readonly check?: CrdtCheck | undefined
  /** Where the values differ; absent where the provider failed to answer. */
  readonly difference?: Difference | undefined
  /** What the provider threw where it failed to answer. */
  readonly cause?: unknown
}

/** A reason to refuse the new version: the finding, and what to do about it. */
export class Refusal extends Error {
  override readonly name = 'Refusal'
  readonly finding: string
  readonly details: CrdtIncompatibility

  constructor(finding: string, details: CrdtIncompatibility, advice = details.check && adviceOn(details.check)) {
    super(
      advice === undefined ? finding : `${finding}; ${advice}`,
      'cause' in details ? { cause: details.cause } : undefined,
    )
    this.finding = finding
    this.details = details
  }
}

/** @throws Refusal where there is a difference. */
export function refuse(check: CrdtCheck, difference: Difference | undefined, state: string, saying: string): void {
  if (difference === undefined) return
  throw new Refusal(`${saying}: ${difference.path}: ${difference.before} → ${difference.after}`, {
    state,
    check,
    difference,
  })
}

export interface AskOptions<T> extends CallOptions<T> {
  /** The check whose advice goes with a failure to answer. */
  readonly advice?: CrdtCheck
}

/** Calls providers one call at a time, each with a deadline, with turns of the event loop in between. */
export class Probe implements Opening {
  readonly #ctx: StepContext
  readonly #wording: Wording
  readonly #slices: Slices

  constructor(ctx: StepContext, wording: Wording) {
    this.#ctx = ctx
    this.#slices = ctx.slices()
    this.#wording = wording
  }

  claim(given: unknown): void {
    this.#ctx.claim(given)
  }

  letGo(given: unknown): void {
    this.#ctx.letGo(given)
  }

  /** Closes a state that was only read. */
  async close(state: CrdtState): Promise<void> {
    if (this.#slices.due()) await this.#slices.pause()
    await closeAside(this.#ctx, () => closeState(state), state)
  }

  /** Ends a list that may hold something open. A failure of that shows nothing about its samples. */
  async end(samples: Iterator<unknown>): Promise<void> {
    await closeAside(this.#ctx, async () => {
      await samples.return?.()
    })
  }

  /** The value of a document now, without a pause. */
  valueNow(state: CrdtState): unknown {
    return valueNow(state, this.#wording)
  }

  /** Where two values differ, if they do. Yields to the event loop. */
  compare(before: unknown, after: unknown): MaybePromise<Difference | undefined> {
    return this.#inSlices(compare(before, after, this.#wording))
  }

  /** A copy of a value that nobody changes meanwhile. Yields to the event loop. */
  copy(value: unknown): MaybePromise<unknown> {
    return this.#inSlices(copying(value, this.#wording))
  }

  /**
   * @param doing what `work` does, for its error, such as `opening sample 3 with the new version`.
   * @throws Refusal where `work` throws; a deadline or an abort keeps its own error.
   */
  async ask<T>(
    step: string,
    state: string,
    doing: string,
    work: () => MaybePromise<T>,
    options: AskOptions<T> = {},
  ): Promise<T> {
    let thrown: { error: unknown } | undefined
    const note = (error: unknown): never => {
      thrown = { error }
      throw error
    }
    // Most calls answer at once, and then nobody has to wait.
    const asked = (): MaybePromise<T> => {
      try {
        const answer = work()
        return answer instanceof Promise ? answer.catch(note) : answer
      } catch (error) {
        return note(error)
      }
    }
    if (this.#slices.due()) await this.#slices.pause()
    try {
      return await this.#ctx.call(step, asked, options)
    } catch (error) {
      if (thrown === undefined || ReloadError.is(thrown.error)) throw error
      const cause = thrown.error
      throw new Refusal(
        `${doing} failed: ${describeThrown(cause)}`,
        { state, cause },
        options.advice && adviceOn(options.advice),
      )
    }
  }

  /** Most values are small: they are done in this turn, without a signal. */
  #inSlices<T>(work: Iterator<unknown, T>): MaybePromise<T> {
    for (;;) {
      const step = work.next()
      if (step.done === true) return step.value
      // Read now, as the context has the signal of the current call.
      if (this.#slices.due()) return this.#goOn(work, this.#ctx.signal)
    }
  }

  async #goOn<T>(work: Iterator<unknown, T>, signal: AbortSignal): Promise<T> {
    await this.#slices.pause()
    return this.#slices.run(work, signal)
  }
}
