import type { MaybePromise } from '@uni/reload-core'
import type { RecordBatch } from 'apache-arrow'

/** A position in the commit log: 0 or more. What one step of it counts is up to the log. */
export type CdcLsn = bigint

/** The unit of delivery: one commit, or several. The log decides the boundaries, which never change. */
export interface CdcBatch {
  /** Inclusive. Equals the `lsnEnd` of the batch before. */
  readonly lsnStart: CdcLsn
  /** Exclusive, and above `lsnStart`. */
  readonly lsnEnd: CdcLsn
  readonly mutations: RecordBatch
  readonly commitTimestamp: Date
}

/** The LSNs that the log released before a stream had received them: inclusive start, exclusive end. */
export interface CdcGap {
  readonly from: CdcLsn
  readonly to: CdcLsn
}

export interface CdcStartContext {
  /**
   * The name under which the host keeps the stream: the same each time this stream is opened, and no other's. A sink
   * that keeps LSNs with its data keeps one for each name. Absent only in a host with its own registry that gives no
   * name.
   */
  readonly stream?: string | undefined
  /**
   * The `lsnStart` of the first batch that will be delivered; everything below it is durable already. Absent: the first
   * batch may start anywhere.
   */
  readonly fromLsn?: CdcLsn | undefined
  /**
   * The LSNs below `fromLsn` that the log no longer has, where the host has decided to go on without them: they will
   * never be delivered. A sink that keeps its own LSN then moves it to `fromLsn`. Without a gap, a sink that finds its
   * LSN below `fromLsn` has lost data, and has to refuse to start.
   */
  readonly gap?: CdcGap | undefined
  /** Ends this call, not the stream: fires only while `start` is pending. */
  readonly signal: AbortSignal
}

export interface CdcPrepareContext extends Pick<CdcStartContext, 'stream'> {
  /** Ends this call: fires only while `prepare` is pending. */
  readonly signal: AbortSignal
}

/** A stream that is made ready while another one still writes to its sink. */
export interface CdcPrepared {
  /** Takes over the sink, as {@link CdcOutputProvider.start} does. Called once, or not at all. */
  start(ctx: CdcStartContext): MaybePromise<CdcStream>
  /** Releases whatever was made ready. Called once if `start` is not called, or fails. */
  abandon?(): MaybePromise<void>
}

/** Opens streams into one kind of sink. */
export interface CdcOutputProvider {
  readonly name: string
  start(ctx: CdcStartContext): MaybePromise<CdcStream>
  /**
   * Prepares a stream before a reload takes the sink from the old one, which delivers meanwhile: connects, or loads a
   * schema. Once the old stream has stopped, the `start` of the result is called in place of the provider's. Absent:
   * `start` does it all, while deliveries are held. Called in a dry run, too.
   */
  prepare?(ctx: CdcPrepareContext): MaybePromise<CdcPrepared>
}

/** One open stream. Its calls come one at a time: none begins before the last has settled. */
export interface CdcStream {
  /**
   * Takes the next batch. A rejection means that it may or may not have been taken: the same batch is delivered again,
   * so a sink that must not apply it twice keeps the LSN with its data.
   */
  deliver(batch: CdcBatch): MaybePromise<void>
  /**
   * The exclusive end of what is durable: everything below it survives a crash, and will not be delivered again. It has
   * to lie on the boundary of a batch, at or above `fromLsn`, never below an earlier answer, and never beyond what was
   * delivered to this stream, even if the sink has more from before. Before the first batch it is `fromLsn`; a reload
   * asks for it then, too.
   */
  checkpoint(): MaybePromise<CdcLsn>
  /**
   * Called in the turn in which the stream begins to serve: when it is attached, and at the commit of a reload. Begin
   * here what acts by itself, such as a timer or a heartbeat, and end it in `shutdown`; until the commit the old stream
   * acts. Synchronous.
   */
  activate?(): void
  /** Releases everything, so that a successor may take the sink. No call follows. */
  shutdown(): MaybePromise<void>
}
