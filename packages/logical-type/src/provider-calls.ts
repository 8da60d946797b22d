import type { MaybePromise, Slices, StepContext } from '@uni/reload-core'

/** Calls providers for one judgement. After an abort or the deadline, the context refuses the calls. */
export class ProviderCalls {
  readonly #ctx: StepContext
  readonly #slices: Slices

  constructor(ctx: StepContext) {
    this.#ctx = ctx
    this.#slices = ctx.slices()
  }

  call<T>(step: string, call: () => MaybePromise<T>): Promise<T> {
    return this.#ctx.call(step, call)
  }

  /** Makes one call for each item, in order, with turns of the event loop in between. */
  async each<T>(step: string, items: Iterable<T>, visit: (item: T) => void): Promise<void> {
    for (const item of items) {
      await this.call(step, () => visit(item))
      if (this.#slices.due()) await this.#slices.pause()
    }
  }
}
