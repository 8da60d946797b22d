const PENDING = -1
const ABORTED = -2

/**
 * What one operation changes, seen by all or by nobody: its versions are written ahead, and become visible together by
 * one assignment (multi-version concurrency control: Reed 1978; Bernstein and Goodman 1983).
 */
export class Transaction {
  /** The number of the epoch in which it became visible, or one of those below. Whole numbers take no memory of their own. */
  #epoch = PENDING

  /** One that is committed from the start. */
  static committed(epoch: number): Transaction {
    const transaction = new Transaction()
    transaction.#epoch = epoch
    return transaction
  }

  get state(): 'pending' | 'committed' | 'aborted' {
    if (this.#epoch >= 0) return 'committed'
    return this.#epoch === PENDING ? 'pending' : 'aborted'
  }

  /** Whether another one wrote to the same thing while this one was pending: which of them is to have it is to be looked at again. */
  contended = false

  /** The number of the epoch in which it became visible; infinity while it is pending, `NaN` once it was aborted. */
  get epoch(): number {
    if (this.#epoch >= 0) return this.#epoch
    return this.#epoch === PENDING ? Number.POSITIVE_INFINITY : Number.NaN
  }

  /** @throws Error where it was committed or aborted already. */
  commit(epoch: number): void {
    this.#refuseSettled()
    this.#epoch = epoch
  }

  /** @throws Error where it was committed or aborted already. */
  abort(): void {
    this.#refuseSettled()
    this.#epoch = ABORTED
  }

  #refuseSettled(): void {
    if (this.state !== 'pending') throw new Error(`the transaction is ${this.state} already`)
  }
}
