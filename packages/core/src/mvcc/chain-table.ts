import type { Transaction } from './transaction.js'
import { VersionChain } from './version-chain.js'

/** What epochs see under each key. */
export class ChainTable<T> {
  readonly #chains = new Map<string, VersionChain<T>>()

  /** How many keys have a chain. */
  get size(): number {
    return this.#chains.size
  }

  /** @param epoch a finite number. */
  at(key: string, epoch: number): T | undefined {
    return this.#chains.get(key)?.at(epoch)
  }

  /** The value that was committed last. */
  latest(key: string): T | undefined {
    return this.#chains.get(key)?.latest
  }

  *valuesAt(epoch: number): Generator<T> {
    for (const chain of this.#chains.values()) {
      const value = chain.at(epoch)
      if (value !== undefined) yield value
    }
  }

  /** @param value `undefined` removes the key. */
  write(key: string, value: T | undefined, transaction: Transaction): void {
    const chain = this.#chains.get(key)
    if (chain !== undefined) {
      chain.contend(transaction)
      chain.prepend(value, transaction)
    } else if (value !== undefined) this.#chains.set(key, new VersionChain(value, transaction))
  }

  /** Unlinks the versions that `transaction` has written under `key`. */
  withdraw(key: string, transaction: Transaction): void {
    const chain = this.#chains.get(key)
    chain?.withdraw(transaction)
    if (chain?.isEmpty === true) this.#chains.delete(key)
  }

  /**
   * Unlinks the versions under `key` that none of `epochs` sees.
   *
   * @param epochs the epochs that can still be asked for, including the current one.
   * @returns whether at most one version is left.
   */
  prune(key: string, epochs: readonly number[]): boolean {
    const chain = this.#chains.get(key)
    if (chain === undefined) return true
    chain.prune(epochs)
    if (chain.isEmpty) this.#chains.delete(key)
    return chain.isEmpty || chain.isSingle
  }
}
