import { ReloadError } from '../errors.js'
import type { AnyStrategy, HandoffStrategy } from '../strategy.js'

/** The registered strategies, by surface id. */
export class StrategyTable implements Iterable<AnyStrategy> {
  readonly #bySurface = new Map<string, AnyStrategy>()

  add<P, R, W>(strategy: HandoffStrategy<P, R, W>): void {
    const { id } = strategy.surface
    if (this.#bySurface.has(id)) {
      throw new ReloadError('DUPLICATE', 'a strategy for this surface is registered already', { surface: id, hint: 'Register one strategy a surface.' })
    }
    this.#bySurface.set(id, strategy as AnyStrategy)
  }

  /** @throws ReloadError `NO_STRATEGY`. */
  get(surface: string): AnyStrategy {
    const strategy = this.#bySurface.get(surface)
    if (strategy === undefined) {
      throw new ReloadError('NO_STRATEGY', 'no strategy is registered for this surface', { surface, hint: 'Pass its strategy to the host or the dispatcher.' })
    }
    return strategy
  }

  [Symbol.iterator](): Iterator<AnyStrategy> {
    return this.#bySurface.values()
  }
}
