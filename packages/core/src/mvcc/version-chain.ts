import type { Transaction } from './transaction.js'

interface Version<T> {
  /** `undefined` where this version removes the value. */
  readonly value: T | undefined
  readonly transaction: Transaction
  older: Version<T> | undefined
}

/** No look-up has found out yet in which epoch the only version was committed, if it was. */
const UNKNOWN = -1

/**
 * The versions of one value. Mostly there is only one: it is kept in the chain object itself, and a look-up is one
 * comparison.
 */
export class VersionChain<T> implements Version<T> {
  // The version that was written last. It need not be the one that is committed last.
  value: T | undefined
  transaction: Transaction
  older: Version<T> | undefined = undefined
  /** The epoch in which the only version became visible, or `UNKNOWN`. */
  #since = UNKNOWN

  constructor(value: T | undefined, transaction: Transaction) {
    this.value = value
    this.transaction = transaction
  }

  /**
   * The value that was committed last in `epoch` or before.
   *
   * @param epoch a finite number.
   */
  at(epoch: number): T | undefined {
    const since = this.#since
    return since >= 0 && since <= epoch ? this.value : this.#find(epoch)
  }

  /** The value that was committed last. */
  get latest(): T | undefined {
    return this.at(Number.MAX_SAFE_INTEGER)
  }

  /** Whether no epoch sees a value of it, or ever will, so that a table can drop it. */
  get isEmpty(): boolean {
    if (!this.isSingle) return false
    const { state } = this.transaction
    return state === 'aborted' || (state === 'committed' && this.value === undefined)
  }

  get isSingle(): boolean {
    return this.older === undefined
  }

  /**
   * Sets `contended` of `transaction` and of the other pending transactions that have written here, if there are any.
   */
  contend(transaction: Transaction): void {
    contendFrom(this, transaction)
  }

  /** @param value `undefined` removes the value. */
  prepend(value: T | undefined, transaction: Transaction): void {
    this.older = { value: this.value, transaction: this.transaction, older: this.older }
    this.#put(value, transaction)
  }

  /**
   * Unlinks the versions that `transaction` has written, except for the only version of the chain: abort the
   * transaction, and drop the chain.
   */
  withdraw(transaction: Transaction): void {
    this.#keep((version) => version.transaction !== transaction)
  }

  /**
   * Unlinks the versions that none of `epochs` sees, and those that were aborted.
   *
   * @param epochs the epochs that can still be asked for, including the current one.
   */
  prune(epochs: readonly number[]): void {
    if (this.isSingle) return
    const seen = new Set(epochs.map((epoch) => seenFrom(this, epoch)))
    this.#keep((version) => seen.has(version) || version.transaction.state === 'pending')
  }

  #find(epoch: number): T | undefined {
    if (!this.isSingle) return seenFrom(this, epoch)?.value
    const committed = this.transaction.epoch
    if (this.transaction.state === 'committed') this.#since = committed
    return committed <= epoch ? this.value : undefined
  }

  #put(value: T | undefined, transaction: Transaction): void {
    this.value = value
    this.transaction = transaction
    this.#since = UNKNOWN
  }

  /** Unlinks the versions for which `isKept` is false; if it is for all, the last one that was written stays. */
  #keep(isKept: (version: Version<T>) => boolean): void {
    unlinkBehind(this, isKept)
    if (this.older === undefined || isKept(this)) return
    const { value, transaction, older } = this.older
    this.older = older
    this.#put(value, transaction)
  }
}

function contendFrom<T>(newest: Version<T>, transaction: Transaction): void {
  for (let version: Version<T> | undefined = newest; version; version = version.older) {
    const other = version.transaction
    if (other === transaction || other.state !== 'pending') continue
    other.contended = true
    transaction.contended = true
  }
}

function unlinkBehind<T>(newest: Version<T>, isKept: (version: Version<T>) => boolean): void {
  let younger = newest
  for (let version = newest.older; version; version = version.older) {
    if (isKept(version)) younger = version
    else younger.older = version.older
  }
}

/** The version that `epoch` sees. Of two versions of one transaction, it is the one written later. */
function seenFrom<T>(newest: Version<T>, epoch: number): Version<T> | undefined {
  let seen: Version<T> | undefined
  for (let version: Version<T> | undefined = newest; version; version = version.older) {
    const committed = version.transaction.epoch
    if (committed <= epoch && (seen === undefined || committed > seen.transaction.epoch)) seen = version
  }
  return seen
}
