import type { WriteFollower } from '../move/gate-move.js'
import { WriteRecord, type RecordBounds } from '../move/write-record.js'

/**
 * The writes that a standby has missed since another resource took its place: all of them, or, past the bounds, none.
 */
export class MissedWrites<W> implements WriteFollower<W> {
  #record: WriteRecord<W> | undefined

  constructor(bounds: RecordBounds) {
    this.#record = new WriteRecord(bounds)
  }

  /** Whether every missed write is recorded. */
  get isComplete(): boolean {
    return this.#record !== undefined
  }

  accepted(write: W, bytes: number, held: boolean): boolean {
    // At the bound the record is dropped, so that no writer waits for the sake of a take-back: a take-back then copies
    // what serves.
    if (!held && this.#record?.fits(bytes) === false) this.#record = undefined
    this.#record?.add(write, bytes)
    return this.isComplete
  }

  /**
   * Hands over the writes that were missed so far, and records no more: the caller records what is accepted from here
   * on.
   */
  take(): WriteRecord<W> {
    const record = this.#record
    if (record === undefined) throw new Error('the writes made since the commit are no longer recorded')
    this.#record = undefined
    return record
  }

  forget(): void {
    this.#record = undefined
  }
}
