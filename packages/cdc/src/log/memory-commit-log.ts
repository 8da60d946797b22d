import { checkOptions, onAbort, option, type OptionChecks } from '@uni/reload-core'
import type { RecordBatch } from 'apache-arrow'
import type { CdcBatch, CdcLsn } from '../contract.js'
import { CdcError } from '../errors.js'
import type { CommitLog } from './commit-log.js'

interface Waiter {
  readonly lsn: CdcLsn
  readonly wake: () => void
}

export interface MemoryCommitLogOptions {
  /**
   * The most LSNs below the head that are retained for streams that lag, above 0. Batches further back are dropped,
   * released or not; the last batch is always retained. Default: no limit.
   */
  readonly maxRetained?: bigint | undefined
}

const OPTIONS: OptionChecks<MemoryCommitLogOptions> = { maxRetained: option.bigint(1n) }

/** A commit log in memory. */
export class MemoryCommitLog implements CommitLog {
  /** In order. Places before `#first` are empty, and are cut off now and then, so that dropping one batch is cheap. */
  #batches: (CdcBatch | undefined)[] = []
  #first = 0
  #head: CdcLsn
  readonly #maxRetained: bigint | undefined
  readonly #waiters = new Set<Waiter>()

  /** @param start the LSN of the first mutation. */
  constructor(start: CdcLsn = 0n, options: MemoryCommitLogOptions = {}) {
    this.#head = option.bigint()(start, 'MemoryCommitLog start', this)
    this.#maxRetained = checkOptions(options, 'MemoryCommitLog options', OPTIONS).maxRetained
  }

  get head(): CdcLsn {
    return this.#head
  }
  get oldest(): CdcLsn {
    return this.#batches[this.#first]?.lsnStart ?? this.#head
  }

  /**
   * Commits `mutations`, and retains them until they are released or the limit is reached.
   *
   * @param lsnEnd the end of the batch, where LSNs are counted elsewhere. Default: one LSN for each mutation, so that
   * row `i` has the LSN `lsnStart + i`.
   * @throws CdcError `BATCH` where there is no row, as nothing could be delivered; `OUT_OF_ORDER` where `lsnEnd` is not
   * above the head.
   */
  append(
    mutations: RecordBatch,
    commitTimestamp: Date = new Date(),
    lsnEnd: CdcLsn = this.#head + BigInt(mutations.numRows),
  ): CdcBatch {
    if (mutations.numRows === 0)
      throw new CdcError('BATCH', 'a commit needs at least one mutation, and this one has no row')
    const lsnStart = this.#head
    option.bigint()(lsnEnd, 'append lsnEnd', this)
    if (lsnEnd <= lsnStart)
      throw new CdcError(
        'OUT_OF_ORDER',
        `a commit ends above the head of the log, ${lsnStart}, and this one ends at ${lsnEnd}`,
        { expected: lsnStart, found: lsnEnd },
      )
    const batch = Object.freeze({ lsnStart, lsnEnd, mutations, commitTimestamp })
    this.#batches.push(batch)
    this.#head = lsnEnd
    if (this.#maxRetained !== undefined)
      this.#forget(Math.min(this.#firstAtOrAfter(lsnEnd - this.#maxRetained), this.#batches.length - 1))
    for (const waiter of this.#waiters) if (waiter.lsn < this.#head) waiter.wake()
    return batch
  }

  async *read(from: CdcLsn): AsyncGenerator<CdcBatch, void, undefined> {
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
        stopListening()
      }
      const waiter: Waiter = {
        lsn,
        wake: () => {
          done()
          resolve()
        },
      }
      this.#waiters.add(waiter)
      const stopListening = onAbort(signal, () => {
        done()
        reject(signal.reason)
      })
    })
  }

  release(upTo: CdcLsn): void {
    const at = this.#firstAtOrAfter(upTo)
    // A batch ends where the next one starts: the batch before `at` ends beyond `upTo` unless `at` starts there.
    const ends = this.#batches[at]?.lsnStart ?? this.#head
    this.#forget(ends <= upTo ? at : at - 1)
  }

  /** Drops the batches before the index `to`. */
  #forget(to: number): void {
    if (to <= this.#first) return
    this.#batches.fill(undefined, this.#first, to)
    this.#first = to
    if (this.#first < this.#batches.length / 2) return
    this.#batches = this.#batches.slice(this.#first)
    this.#first = 0
  }

  /** The batch that starts at `lsn`; `undefined` at the head. */
  #at(lsn: CdcLsn): CdcBatch | undefined {
    if (lsn === this.#head) return undefined
    const { oldest } = this
    if (lsn < oldest)
      throw new CdcError(
        'LOG_RELEASED',
        `the log was released up to LSN ${oldest}, so ${lsn} cannot be read any more`,
        { expected: oldest, found: lsn },
      )
    if (lsn > this.#head)
      throw new CdcError(
        'LOG_POSITION',
        `the log ends at LSN ${this.#head}, before ${lsn}: the position belongs to another log`,
        { expected: this.#head, found: lsn },
      )
    const index = this.#firstAtOrAfter(lsn)
    const batch = this.#batches[index]
    if (batch?.lsnStart === lsn) return batch
    const around = this.#batches[index - 1] as CdcBatch
    throw new CdcError(
      'LOG_POSITION',
      `LSN ${lsn} lies inside the batch from ${around.lsnStart} to ${around.lsnEnd}; a log is read from the ` +
        'boundary of a batch',
      { expected: around.lsnStart, found: lsn },
    )
  }

  #firstAtOrAfter(lsn: CdcLsn): number {
    let low = this.#first
    let high = this.#batches.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#batches[middle] as CdcBatch).lsnStart < lsn) low = middle + 1
      else high = middle
    }
    return low
  }
}
