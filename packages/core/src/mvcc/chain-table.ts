import type { Transaction } from './transaction.js'
import { VersionChain } from './version-chain.js'

/** What epochs see under each key. */
export class ChainTable<T> {
  readonly #chains = new Map<string, VersionChain<T>>()

  /** How many keys any epoch, or a pending transaction, has something under. */
  get size(): number {
    return this.#chains.size
  }

  /** @param epoch a finite number. */
  at(key: string, epoch: number): T | undefined {
    return this.#chains.get(key)?.at(epoch)
  }

  /** What was committed last. */
  latest(key: string): T | undefined {
    return this.#chains.get(key)?.latest
  }

  *valuesAt(epoch: number): Generator<T> {
    for (const chain of this.#chains.values()) {
      const value = chain.at(epoch)
      if (value !== undefined) yield value
    }
  }

  /** @param value `undefined` where there is nothing under the key from now on. */
  write(key: string, value: T | undefined, transaction: Transaction): void {
    const chain = this.#chains.get(key)
    if (chain !== undefined) {
      chain.contend(transaction)
      chain.prepend(value, transaction)
    } else if (value !== undefined) this.#chains.set(key, new VersionChain(value, transaction))
  }

  /** Takes back what `transaction` has written under a key. */
  withdraw(key: string, transaction: Transaction): void {
    const chain = this.#chains.get(key)
    chain?.withdraw(transaction)
    if (chain?.isEmpty === true) this.#chains.delete(key)
  }

  /**
   * Forgets what none of `epochs` sees under a key.
   *
   * @param epochs the numbers of those that can still be asked for, the current one among them.
   * @returns whether only the last one is left.
   */
  prune(key: string, epochs: readonly number[]): boolean {
    const chain = this.#chains.get(key)
    if (chain === undefined) return true
    chain.prune(epochs)
    if (chain.isEmpty) this.#chains.delete(key)
    return chain.isEmpty || chain.isSingle
  }
}
