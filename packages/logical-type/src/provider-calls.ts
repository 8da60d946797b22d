import { Slices, type MaybePromise, type StepContext } from '@uni/reload-core'

/**
 * Calls into providers on behalf of one judgement. Once that is abandoned (aborted, or past its deadline) no further call
 * is made: the signal is the one it began with, since a context goes on to other phases.
 */
export class ProviderCalls {
  readonly #ctx: StepContext
  readonly #signal: AbortSignal
  readonly #slices = new Slices()

  constructor(ctx: StepContext) {
    this.#ctx = ctx
    this.#signal = ctx.signal
  }

  async call<T>(step: string, call: () => MaybePromise<T>): Promise<T> {
    this.#signal.throwIfAborted()
    return this.#ctx.call(step, call)
  }

  /** One call for each item, in order, with turns of the event loop in between. */
  async each<T>(step: string, items: Iterable<T>, visit: (item: T) => void): Promise<void> {
    for (const item of items) {
      await this.call(step, () => visit(item))
      if (this.#slices.due()) await this.#slices.pause()
    }
  }
}
