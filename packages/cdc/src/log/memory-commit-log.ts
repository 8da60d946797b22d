import type { RecordBatch } from 'apache-arrow'
import type { CdcBatch, CdcLsn } from '../contract.js'
import { CdcError } from '../errors.js'
import type { CommitLog } from './commit-log.js'

interface Waiter {
  readonly lsn: CdcLsn
  readonly wake: () => void
}

/** A commit log in memory. An LSN counts one mutation: the row `i` of a batch has the LSN `lsnStart + i`. */
export class MemoryCommitLog implements CommitLog {
  #batches: CdcBatch[] = []
  #head: CdcLsn
  readonly #waiters = new Set<Waiter>()

  /** @param start the LSN of the first mutation. */
  constructor(start: CdcLsn = 0n) {
    this.#head = start
  }

  get head(): CdcLsn { return this.#head }
  get oldest(): CdcLsn { return this.#batches[0]?.lsnStart ?? this.#head }

  /**
   * Commits `mutations`, and keeps them until they are released.
   *
   * @throws CdcError `BATCH` where there is no row, for then there is nothing to deliver.
   */
  append(mutations: RecordBatch, commitTimestamp: Date = new Date()): CdcBatch {
    if (mutations.numRows === 0) throw new CdcError('BATCH', 'a commit needs at least one mutation, and this one has no row')
    const lsnStart = this.#head
    const batch = Object.freeze({ lsnStart, lsnEnd: lsnStart + BigInt(mutations.numRows), mutations, commitTimestamp })
    this.#batches.push(batch)
    this.#head = batch.lsnEnd
    for (const waiter of this.#waiters) if (waiter.lsn < this.#head) waiter.wake()
    return batch
  }

  async * read(from: CdcLsn): AsyncGenerator<CdcBatch, void, undefined> {
    for (let next = from; ;) {
      const batch = this.#at(next)
      if (batch === undefined) return
      yield batch
      next = batch.lsnEnd
    }
  }

  canReadFrom(lsn: CdcLsn): boolean {
    return lsn === this.#head || this.#batches[this.#firstAtOrAfter(lsn)]?.lsnStart === lsn
  }

  waitFor(lsn: CdcLsn, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason)
      if (this.#head > lsn) return resolve()
      const done = (): void => {
        this.#waiters.delete(waiter)
        signal.removeEventListener('abort', onAbort)
      }
      const onAbort = (): void => { done(); reject(signal.reason) }
      const waiter: Waiter = { lsn, wake: () => { done(); resolve() } }
      this.#waiters.add(waiter)
      signal.addEventListener('abort', onAbort, { once: true })
    })
  }

  release(upTo: CdcLsn): void {
    const kept = this.#batches.findIndex((batch) => batch.lsnEnd > upTo)
    if (kept !== 0) this.#batches = kept === -1 ? [] : this.#batches.slice(kept)
  }

  /** The batch that starts at `lsn`; none at the head. */
  #at(lsn: CdcLsn): CdcBatch | undefined {
    if (lsn === this.#head) return undefined
    const { oldest } = this
    if (lsn < oldest) throw new CdcError('LOG_RELEASED', `the log was released up to LSN ${oldest}, so ${lsn} cannot be read any more`, { expected: oldest, found: lsn })
    if (lsn > this.#head) throw new CdcError('LOG_POSITION', `the log ends at LSN ${this.#head}, before ${lsn}: the position belongs to another log`, { expected: this.#head, found: lsn })
    const index = this.#firstAtOrAfter(lsn)
    const batch = this.#batches[index]
    if (batch?.lsnStart === lsn) return batch
    const around = this.#batches[index - 1] as CdcBatch
    throw new CdcError('LOG_POSITION', `LSN ${lsn} lies inside the batch from ${around.lsnStart} to ${around.lsnEnd}; a log is read from the boundary of a batch`, { expected: around.lsnStart, found: lsn })
  }

  #firstAtOrAfter(lsn: CdcLsn): number {
    let low = 0
    let high = this.#batches.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#batches[middle] as CdcBatch).lsnStart < lsn) low = middle + 1
      else high = middle
    }
    return low
  }
}
