/**
 * What one operation changes, seen by all or by nobody: its versions are written ahead, and become visible together by
 * one assignment (multi-version concurrency control: Reed 1978; Bernstein and Goodman 1983).
 */
export class Transaction {
  /** The number of the epoch in which it became visible. Before that no epoch is late enough; once aborted, none is any number. */
  #epoch = Number.POSITIVE_INFINITY

  /** One that is committed from the start. */
  static committed(epoch: number): Transaction {
    const transaction = new Transaction()
    transaction.#epoch = epoch
    return transaction
  }

  get state(): 'pending' | 'committed' | 'aborted' {
    if (Number.isNaN(this.#epoch)) return 'aborted'
    return this.#epoch === Number.POSITIVE_INFINITY ? 'pending' : 'committed'
  }

  /** Whether another one wrote to the same thing while this one was pending: which of them is to have it is to be looked at again. */
  contended = false

  /** The number of the epoch in which it became visible; infinity while it is pending, `NaN` once it was aborted. */
  get epoch(): number {
    return this.#epoch
  }

  /** @throws Error where it was committed or aborted already. */
  commit(epoch: number): void {
    this.#refuseSettled()
    this.#epoch = epoch
  }

  /** @throws Error where it was committed or aborted already. */
  abort(): void {
    this.#refuseSettled()
    this.#epoch = Number.NaN
  }

  #refuseSettled(): void {
    if (this.state !== 'pending') throw new Error(`the transaction is ${this.state} already`)
  }
}
