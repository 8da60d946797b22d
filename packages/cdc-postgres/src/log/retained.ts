import { MemoryCommitLog, type CdcBatch, type CdcLsn } from '@uni/reload-cdc'
import type { ChangeRows } from './change-batch.js'

/** The batches that a stream may still need, and how much memory they take. */
export class Retained {
  readonly log: MemoryCommitLog
  readonly #start: CdcLsn
  readonly #maxBytes: number
  /** Of each batch, in the order of their ends. */
  #sizes: { readonly end: CdcLsn; readonly bytes: number }[] = []
  #bytes = 0
  /** Where a snapshot that was begun anew begins: streams may stand anywhere between the start and there. */
  #againAt: CdcLsn | undefined
  #roomMade: () => void = () => {}

  constructor(start: CdcLsn, maxBytes: number) {
    this.log = new MemoryCommitLog(start)
    this.#start = start
    this.#maxBytes = maxBytes
  }

  /** Whether no more is to be sent until something is released. */
  get full(): boolean {
    return this.#bytes >= this.#maxBytes
  }

  /** Leaves out what it had before: after a reconnection the server sends it again. */
  append(rows: ChangeRows, end: CdcLsn, committedAt: Date): void {
    if (end <= this.log.head) return
    this.log.append(rows.toBatch(), committedAt, end)
    this.#sizes.push({ end, bytes: rows.bytes })
    this.#bytes += rows.bytes
  }

  /** A snapshot is begun whose first batch ends above `base`. An earlier one may have been given out in part. */
  beginsSnapshot(base: CdcLsn): void {
    if (base > this.#start && this.log.head === this.#start) this.#againAt = base
  }

  release(upTo: CdcLsn): void {
    this.log.release(upTo)
    const kept = this.#sizes.findIndex(({ end }) => end > this.log.oldest)
    for (const { bytes } of this.#sizes.splice(0, kept === -1 ? this.#sizes.length : kept)) this.#bytes -= bytes
    if (!this.full) this.#roomMade()
  }

  async room(): Promise<void> {
    while (this.full) {
      await new Promise<void>((resolve) => {
        this.#roomMade = resolve
      })
    }
  }

  canReadFrom(lsn: CdcLsn): boolean {
    return this.log.canReadFrom(lsn) || this.#isInAbandonedSnapshot(lsn)
  }

  async *read(from: CdcLsn): AsyncGenerator<CdcBatch, void, undefined> {
    if (!this.#isInAbandonedSnapshot(from)) return yield* this.log.read(from)
    for await (const batch of this.log.read(this.#start)) {
      yield batch.lsnStart === this.#start ? Object.freeze({ ...batch, lsnStart: from }) : batch
    }
  }

  /** There a stream goes on with the new snapshot, whose first changes empty what the other has filled. */
  #isInAbandonedSnapshot(lsn: CdcLsn): boolean {
    return this.#againAt !== undefined && lsn > this.#start && lsn <= this.#againAt && this.log.oldest === this.#start
  }
}
