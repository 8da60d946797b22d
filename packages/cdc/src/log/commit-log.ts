import type { MaybePromise } from '@uni/reload-core'
import type { CdcBatch, CdcLsn } from '../contract.js'

/** The retained log of commits: what was committed while a stream could not take it waits here. */
export interface CommitLog {
  /** The exclusive end of what is committed. */
  readonly head: CdcLsn
  /** The inclusive start of what is retained. Equals `head` where nothing is. */
  readonly oldest: CdcLsn
  /**
   * The batches from `from` to the head, without gap, the first with `lsnStart === from`. Ends at the head.
   *
   * @throws CdcError `LOG_RELEASED` with the oldest LSN as `expected`, or `LOG_POSITION`, on the first step.
   */
  read(from: CdcLsn): AsyncIterable<CdcBatch>
  /** Whether {@link read} would begin at `lsn`: a boundary between batches, retained, not beyond the head. */
  canReadFrom(lsn: CdcLsn): MaybePromise<boolean>
  /** Resolves once `lsn` is committed, which is when `head > lsn`. Rejects with the signal's reason when it fires. */
  waitFor(lsn: CdcLsn, signal: AbortSignal): Promise<void>
  /** Whatever ends at or before `upTo` may be forgotten. Called again later where it throws. */
  release(upTo: CdcLsn): void
}
