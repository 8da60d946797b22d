import { isPromiseLike } from '../../maybe-promise.js'
import type { HandoffStrategy } from '../../strategy.js'

/**
 * Knows whether the synchronous part of the surface's `apply` is running, for a user's write or a replayed one.
 */
export class Applying {
  #depth = 0
  /** The first call in this `apply` that returned a promise. */
  #promised: string | undefined
  /**
   * Calls whose promise `apply` did not return, so that the write was acknowledged before the call had settled.
   */
  readonly dropped = new Set<string>()

  get now(): boolean {
    return this.#depth > 0
  }

  /** To be called with each call into a plugin, and its result. */
  note(call: string, outcome: unknown): void {
    if (this.now && isPromiseLike(outcome)) this.#promised ??= call
  }

  /** The same strategy, for a surface whose writes are watched. */
  watch<P, R, W>(strategy: HandoffStrategy<P, R, W>): HandoffStrategy<P, R, W> {
    const { surface } = strategy
    const { apply } = surface
    if (apply === undefined) return strategy
    const watched: typeof apply = (resource, write) => {
      this.#depth += 1
      this.#promised = undefined
      try {
        const outcome = apply.call(surface, resource, write)
        if (this.#promised !== undefined && !isPromiseLike(outcome)) this.dropped.add(this.#promised)
        return outcome
      } finally {
        this.#depth -= 1
      }
    }
    return { ...strategy, surface: { ...surface, apply: watched } }
  }
}
