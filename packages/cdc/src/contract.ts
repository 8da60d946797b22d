import type { MaybePromise } from '@uni/reload-core'
import type { RecordBatch } from 'apache-arrow'

/** A position in the commit log: 0 or more. What one step of it counts is up to the log. */
export type CdcLsn = bigint

/** One commit, or several: the unit of delivery. Its boundaries are the log's and never change. */
export interface CdcBatch {
  /** Inclusive. Equals the `lsnEnd` of the batch before. */
  readonly lsnStart: CdcLsn
  /** Exclusive, and above `lsnStart`. */
  readonly lsnEnd: CdcLsn
  readonly mutations: RecordBatch
  readonly commitTimestamp: Date
}

/** LSNs that the log released before a stream had got them: inclusive start, exclusive end. */
export interface CdcGap {
  readonly from: CdcLsn
  readonly to: CdcLsn
}

export interface CdcStartContext {
  /**
   * The name under which the host keeps the stream: the same each time that stream is opened, and no other's. A sink
   * that keeps LSNs with its data keeps one for each name. Absent only in a host of its own that gives none when it
   * opens it.
   */
  readonly stream?: string | undefined
  /**
   * The `lsnStart` of the first batch that will be delivered. Everything below it is durable already. Absent: the first
   * batch starts wherever it starts.
   */
  readonly fromLsn?: CdcLsn | undefined
  /**
   * Given where the host has decided to leave out what the log no longer has: it ends at `fromLsn` and will never be
   * delivered. A sink that keeps its own LSN moves it to `fromLsn`; without a gap, one that finds its LSN below
   * `fromLsn` has lost data, and refuses to start.
   */
  readonly gap?: CdcGap | undefined
  /** Ends this call, not the stream: it fires only while `start` is pending. */
  readonly signal: AbortSignal
}

export interface CdcPrepareContext extends Pick<CdcStartContext, 'stream'> {
  /** Ends this call: it fires only while `prepare` is pending. */
  readonly signal: AbortSignal
}

/** A stream that is made ready while another one still writes to its sink. */
export interface CdcPrepared {
  /** Takes over the sink, as {@link CdcOutputProvider.start} does. Called once, or not at all. */
  start(ctx: CdcStartContext): MaybePromise<CdcStream>
  /** Lets go of what was made ready. Called once where `start` is not, or fails. */
  abandon?(): MaybePromise<void>
}

/** Opens streams into one kind of sink. */
export interface CdcOutputProvider {
  readonly name: string
  start(ctx: CdcStartContext): MaybePromise<CdcStream>
  /**
   * Does ahead of a reload what does not need the sink for itself, such as to connect, or to load a schema: the old
   * stream delivers meanwhile. What it gives is started in place of the provider, once the old stream is stopped.
   * Absent: `start` does it all, while deliveries are held. Called in a dry run too.
   */
  prepare?(ctx: CdcPrepareContext): MaybePromise<CdcPrepared>
}

/** One open stream. Its calls come one at a time: none begins before the last has settled. */
export interface CdcStream {
  /**
   * Takes the next batch. Rejecting means that it may or may not have been taken; the same batch is delivered again, so
   * a sink that must not apply it twice keeps the LSN with its data.
   */
  deliver(batch: CdcBatch): MaybePromise<void>
  /**
   * The exclusive end of what is durable: everything below it survives a crash and will not be delivered again. Lies on
   * the boundary of a batch, at or above `fromLsn`, never below an earlier answer, never beyond what this stream was
   * handed, even where the sink holds more from before. `fromLsn` itself before the first batch, which a reload asks
   * for.
   */
  checkpoint(): MaybePromise<CdcLsn>
  /**
   * Called in the turn in which the stream begins to serve: when it is attached, and at the commit of a reload. What
   * acts by itself, such as a timer or a heartbeat, begins here and ends with `shutdown`; until the commit the old
   * stream acts. Synchronous.
   */
  activate?(): void
  /** Lets go of everything, so that a successor may take it. Nothing is called after it. */
  shutdown(): MaybePromise<void>
}
