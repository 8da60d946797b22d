import type { MaybePromise } from '@uni/reload-core'
import type { CdcBatch, CdcLsn } from '../contract.js'

/** The log of commits, which retains what its streams have not stored yet. */
export interface CommitLog {
  /** The exclusive end of what is committed. */
  readonly head: CdcLsn
  /** The inclusive start of what is retained. Equals `head` where nothing is retained. */
  readonly oldest: CdcLsn
  /**
   * The batches from `from` to the head, without gap, the first with `lsnStart === from`. Ends at the head.
   *
   * @throws CdcError `LOG_RELEASED` with the oldest LSN as `expected`, or `LOG_POSITION`, on the first step.
   */
  read(from: CdcLsn): AsyncIterable<CdcBatch>
  /** Whether {@link read} could begin at `lsn`: a boundary between batches that is retained and not beyond the head. */
  canReadFrom(lsn: CdcLsn): MaybePromise<boolean>
  /** Resolves once `lsn` is committed, which is when `head > lsn`. Rejects with the signal's reason. */
  waitFor(lsn: CdcLsn, signal: AbortSignal): Promise<void>
  /** The log may drop whatever ends at or before `upTo`. If it throws, it is called again later. */
  release(upTo: CdcLsn): void
}
