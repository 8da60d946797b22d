import type { Transaction } from './transaction.js'

interface Version<T> {
  /** `undefined` where there is nothing from this version on. */
  readonly value: T | undefined
  readonly transaction: Transaction
  older: Version<T> | undefined
}

/** Whether, and in which epoch, the only version was committed, no look-up has found out yet. */
const UNKNOWN = -1

/**
 * The versions of one thing that epochs see. While nothing is under way there is one, which is the chain object itself:
 * a look-up is one comparison.
 */
export class VersionChain<T> implements Version<T> {
  // Of the version that was written last. Those of different transactions may be committed in another order.
  value: T | undefined
  transaction: Transaction
  older: Version<T> | undefined = undefined
  /** The epoch in which the only version became visible. A whole number, as each look-up compares it. */
  #since = UNKNOWN

  constructor(value: T | undefined, transaction: Transaction) {
    this.value = value
    this.transaction = transaction
  }

  /**
   * What `epoch` sees: what was committed last up to then.
   *
   * @param epoch a finite number.
   */
  at(epoch: number): T | undefined {
    const since = this.#since
    return since >= 0 && since <= epoch ? this.value : this.#find(epoch)
  }

  /** What was committed last. */
  get latest(): T | undefined {
    return this.at(Number.MAX_SAFE_INTEGER)
  }

  /** Whether no epoch sees anything of it, or ever will, so that a table can drop it. */
  get isEmpty(): boolean {
    if (!this.isSingle) return false
    const { state } = this.transaction
    return state === 'aborted' || (state === 'committed' && this.value === undefined)
  }

  get isSingle(): boolean {
    return this.older === undefined
  }

  /** Tells `transaction`, which writes to it, and all that have written to it and are pending, of one another. */
  contend(transaction: Transaction): void {
    contendFrom(this, transaction)
  }

  /** @param value `undefined` where there is nothing from now on. */
  prepend(value: T | undefined, transaction: Transaction): void {
    this.older = { value: this.value, transaction: this.transaction, older: this.older }
    this.#put(value, transaction)
  }

  /**
   * Unlinks what `transaction` has written, unless it is the only version. That is to be aborted, and the chain
   * dropped.
   */
  withdraw(transaction: Transaction): void {
    this.#keep((version) => version.transaction !== transaction)
  }

  /**
   * Unlinks what none of `epochs` sees, and what was aborted.
   *
   * @param epochs the numbers of those that can still be asked for, the current one among them.
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

  /** Unlinks what is not kept. Where nothing is, the version stays that was written last. */
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

/** The version that `epoch` sees. Of two by one transaction, the one that was written later counts. */
function seenFrom<T>(newest: Version<T>, epoch: number): Version<T> | undefined {
  let seen: Version<T> | undefined
  for (let version: Version<T> | undefined = newest; version; version = version.older) {
    const committed = version.transaction.epoch
    if (committed <= epoch && (seen === undefined || committed > seen.transaction.epoch)) seen = version
  }
  return seen
}
