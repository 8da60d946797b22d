import type { AnyStrategy } from '../strategy.js'

export interface StrategyKey {
  readonly strategy: AnyStrategy
  readonly key: string
}

/** A set of keys, each of one strategy. */
export class StrategyKeys {
  readonly #byStrategy = new Map<AnyStrategy, Set<string>>()

  constructor(keys: readonly StrategyKey[]) {
    for (const { strategy, key } of keys) {
      const known = this.#byStrategy.get(strategy)
      if (known === undefined) this.#byStrategy.set(strategy, new Set([key]))
      else known.add(key)
    }
  }

  has({ strategy, key }: StrategyKey): boolean {
    return this.#byStrategy.get(strategy)?.has(key) === true
  }
}
