import { isPromiseLike } from '../../maybe-promise.js'
import type { HandoffStrategy } from '../../strategy.js'

/**
 * Knows whether a write is being applied, a user's or a replayed one: up to the first `await` in the `apply` of its
 * surface.
 */
export class Applying {
  #depth = 0
  /** The call that gave a promise, of the write that is being applied. */
  #promised: string | undefined
  /**
   * Calls whose promise the surface's `apply` has not returned: their writes are acknowledged before they are accepted.
   */
  readonly dropped = new Set<string>()

  get now(): boolean {
    return this.#depth > 0
  }

  /** Told of each call into a plugin, and of what it gave. */
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
