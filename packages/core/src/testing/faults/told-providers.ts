import type { HandoffStrategy, ProviderChange } from '../../strategy.js'

/**
 * Keeps what a strategy is told of commits, and compares each with what it was told before and with what the host
 * serves in that turn.
 */
export class ToldProviders<P> {
  readonly #serving: () => ReadonlyMap<string, P> | undefined
  readonly #told = new Map<string, P>()
  readonly #found = new Set<string>()

  /** @param serving the providers that the host serves, by key; `undefined` where it cannot be asked any more. */
  constructor(serving: () => ReadonlyMap<string, P> | undefined) {
    this.#serving = serving
  }

  /** The strategy, with what it is told recorded. */
  watch<R, W>(strategy: HandoffStrategy<P, R, W>): HandoffStrategy<P, R, W> {
    return {
      ...strategy,
      committed: (change) => {
        this.#take(change)
        return strategy.committed?.(change)
      },
    }
  }

  /** What the strategy was told wrongly, or should have been told by now. */
  get found(): readonly string[] {
    this.#compare('was not told that')
    return [...this.#found]
  }

  /** The keys that are still said to be served: none once the host is closed. */
  get left(): readonly string[] {
    return [...this.#told.keys()]
  }

  #take({ added, replaced, removed }: ProviderChange<P>): void {
    if (added.size + replaced.size + removed.size === 0) this.#found.add('it was told of a commit that changes nothing')
    for (const [key, provider] of added) {
      if (this.#told.has(key)) this.#found.add(`it was told that ${key} is added, which serves already`)
      this.#told.set(key, provider)
    }
    for (const [key, { old, next }] of replaced) {
      this.#leaves(key, old, 'replaced')
      this.#told.set(key, next)
    }
    for (const [key, provider] of removed) {
      this.#leaves(key, provider, 'removed')
      this.#told.delete(key)
    }
    this.#compare('was told in a turn in which it is not so that')
  }

  #leaves(key: string, provider: P, how: string): void {
    if (this.#told.get(key) !== provider)
      this.#found.add(`it was told that a provider of ${key} is ${how} which was not said to serve`)
  }

  #compare(wrong: string): void {
    const serving = this.#serving()
    if (serving === undefined) return
    for (const key of new Set([...serving.keys(), ...this.#told.keys()])) {
      if (serving.get(key) === this.#told.get(key)) continue
      this.#found.add(`it ${wrong} ${key} is served by ${serving.has(key) ? 'the provider that serves' : 'nobody'}`)
    }
  }
}
