import { isPromiseLike } from '../../maybe-promise.js'
import type { HandoffStrategy } from '../../strategy.js'

/** Knows whether a write is being applied, be it a user's or one that is replayed: up to the first `await` of its surface's `apply`. */
export class Applying {
  #depth = 0
  /** The call of the write being applied that answered with a promise. */
  #promised: string | undefined
  /** Calls whose promise the surface's `apply` did not pass on: such a write is acknowledged before it was accepted. */
  readonly dropped = new Set<string>()

  get now(): boolean {
    return this.#depth > 0
  }

  /** Told of each call into a plugin, and of what it gave. */
  note(call: string, outcome: unknown): void {
    if (this.now && isPromiseLike(outcome)) this.#promised ??= call
  }

  /** The strategy as it is, but for a surface whose writes are watched. */
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
