const PENDING = -1
const ABORTED = -2

/**
 * What one operation changes. Its versions are written ahead, and become visible together by one assignment
 * (multi-version concurrency control: Reed 1978; Bernstein and Goodman 1983).
 */
export class Transaction {
  /** The epoch in which it became visible, or `PENDING` or `ABORTED`: small integers, which V8 does not allocate. */
  #epoch = PENDING

  static committed(epoch: number): Transaction {
    const transaction = new Transaction()
    transaction.#epoch = epoch
    return transaction
  }

  get state(): 'pending' | 'committed' | 'aborted' {
    if (this.#epoch >= 0) return 'committed'
    return this.#epoch === PENDING ? 'pending' : 'aborted'
  }

  /**
   * Whether another transaction wrote to the same chain while both were pending: the commit has to look for conflicts.
   */
  contended = false

  /** The epoch in which it became visible; infinity while it is pending, `NaN` once it was aborted. */
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
