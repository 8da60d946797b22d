import type { HandoffStrategy } from '../../strategy.js'

/** Knows whether a write is being applied, be it a user's or one that is replayed: up to the first `await` of its surface's `apply`. */
export class Applying {
  #depth = 0

  get now(): boolean {
    return this.#depth > 0
  }

  /** The strategy as it is, but for a surface whose writes are watched. */
  watch<P, R, W>(strategy: HandoffStrategy<P, R, W>): HandoffStrategy<P, R, W> {
    const { surface } = strategy
    const { apply } = surface
    if (apply === undefined) return strategy
    const watched: typeof apply = (resource, write) => {
      this.#depth += 1
      try {
        return apply.call(surface, resource, write)
      } finally {
        this.#depth -= 1
      }
    }
    return { ...strategy, surface: { ...surface, apply: watched } }
  }
}
