import type { WriteFollower } from '../move/gate-move.js'
import { WriteRecord, type RecordBounds } from '../move/write-record.js'

/** The writes that a resource has missed since another one took its place: all of them, or, past the bounds, none. */
export class MissedWrites<W> implements WriteFollower<W> {
  #record: WriteRecord<W> | undefined

  constructor(bounds: RecordBounds) {
    this.#record = new WriteRecord(bounds)
  }

  /** Whether it has each of them. */
  get isComplete(): boolean {
    return this.#record !== undefined
  }

  accepted(write: W, bytes: number, held: boolean): boolean {
    // At the bound no writer waits for a reload that may be taken back: what the record would have spared is copied then.
    if (!held && this.#record?.fits(bytes) === false) this.#record = undefined
    this.#record?.add(write, bytes)
    return this.isComplete
  }

  /** What has been missed so far. Whatever is accepted from here on is for whoever takes it to record. */
  take(): WriteRecord<W> {
    const record = this.#record
    if (record === undefined) throw new Error('the writes made since the commit are not recorded, or no longer')
    this.#record = undefined
    return record
  }

  forget(): void {
    this.#record = undefined
  }
}
