import type { MaybePromise } from '@uni/reload-core'
import type { CdcBatch, CdcLsn, CdcStream } from './contract.js'
import { CdcError, show } from './errors.js'

/** How far one stream has come, as the host has seen it. Answers of the provider are checked against this (I4, I5). */
interface Progress {
  /**
   * Where the next batch has to start. `undefined` before the first batch of a stream that was started without an LSN.
   */
  expected: CdcLsn | undefined
  /**
   * The end of the furthest batch that was delivered, accepted or not: a sink may have made a batch durable and refused
   * it.
   */
  offered: CdcLsn | undefined
  checkpoint: CdcLsn | undefined
  readonly ended: AbortController
}

// Weak, so that the progress of a stream is collected with the stream (I12).
const progressOfStream = new WeakMap<CdcStream, Progress>()

function progressOf(stream: CdcStream): Progress {
  const known = progressOfStream.get(stream)
  if (known !== undefined) return known
  const fresh: Progress = {
    expected: undefined,
    offered: undefined,
    checkpoint: undefined,
    ended: new AbortController(),
  }
  progressOfStream.set(stream, fresh)
  return fresh
}

/**
 * Begins to follow a stream that was started at `fromLsn`. If its provider returned the same object before, it begins
 * anew.
 */
export function follow(stream: CdcStream, fromLsn: CdcLsn | undefined): void {
  progressOfStream.set(stream, {
    expected: fromLsn,
    offered: fromLsn,
    checkpoint: fromLsn,
    ended: new AbortController(),
  })
}

/** The `lsnStart` that the next batch for this stream must have; `undefined` where any will do. */
export function expectedLsn(stream: CdcStream): CdcLsn | undefined {
  return progressOf(stream).expected
}

/** Fires when the host stops the stream, just before its `shutdown`. */
export function endOf(stream: CdcStream): AbortSignal {
  return progressOf(stream).ended.signal
}

/**
 * Delivers the next batch to a stream.
 *
 * @throws CdcError `BATCH`, `OUT_OF_ORDER`; otherwise what the stream throws, after which the same batch is expected
 * again.
 */
export async function deliver(stream: CdcStream, batch: CdcBatch): Promise<void> {
  refuseMalformed(batch)
  const progress = progressOf(stream)
  progress.expected ??= batch.lsnStart
  const { expected } = progress
  if (batch.lsnStart !== expected) {
    const kind = batch.lsnStart > expected ? 'a gap' : 'a repetition'
    throw new CdcError(
      'OUT_OF_ORDER',
      `the stream continues at LSN ${expected}, but the batch covers ${batch.lsnStart} to ${batch.lsnEnd}: ` +
        `${kind}. Deliver from ${expected} on.`,
      { expected, found: batch.lsnStart },
    )
  }
  if (progress.offered === undefined || batch.lsnEnd > progress.offered) progress.offered = batch.lsnEnd
  await stream.deliver(batch)
  progress.expected = batch.lsnEnd
}

/**
 * Asks a stream for its checkpoint, and checks the answer (I5). Returns at most the end of what the stream accepted, as
 * a batch that it refused may be stored in part. An answer that is refused has no effect later.
 *
 * @param canGoOnAt whether deliveries can go on there. Default: they can at every valid checkpoint.
 * @throws CdcError `CHECKPOINT`; otherwise what the stream throws.
 */
export async function takeCheckpoint(
  stream: CdcStream,
  canGoOnAt: (lsn: CdcLsn) => MaybePromise<boolean> = () => true,
): Promise<CdcLsn> {
  const answer: unknown = await stream.checkpoint()
  const progress = progressOf(stream)
  if (typeof answer !== 'bigint' || answer < 0n) {
    throw new CdcError('CHECKPOINT', `checkpoint() must return a bigint of 0 or more, and returned ${show(answer)}`, {
      found: answer,
    })
  }
  if (progress.offered !== undefined && answer > progress.offered) {
    throw new CdcError(
      'CHECKPOINT',
      `checkpoint() returned ${answer}, ahead of what was delivered: ` +
        `${progress.offered}. Count no more than what this stream was handed.`,
      { expected: progress.offered, found: answer },
    )
  }
  const lsn = progress.expected !== undefined && answer > progress.expected ? progress.expected : answer
  if (progress.checkpoint !== undefined && lsn < progress.checkpoint) {
    throw new CdcError(
      'CHECKPOINT',
      `checkpoint() returned ${lsn}, behind the previous checkpoint: ${progress.checkpoint}. What was durable ` +
        'once must stay so.',
      { expected: progress.checkpoint, found: lsn },
    )
  }
  if (!(await canGoOnAt(lsn))) {
    throw new CdcError(
      'CHECKPOINT',
      `checkpoint() returned ${lsn}, where deliveries cannot go on. A checkpoint lies on the boundary of a batch ` +
        'that the log still has.',
      { found: lsn },
    )
  }
  progress.checkpoint = lsn
  return lsn
}

/**
 * Where a successor can start if the stream cannot be asked: at its last valid checkpoint, or where it was started.
 * Batches that it accepted beyond may not be durable, and are delivered again.
 *
 * @throws CdcError `CHECKPOINT` where there is none, or deliveries cannot go on there.
 */
export async function lastCheckpoint(
  stream: CdcStream,
  canGoOnAt: (lsn: CdcLsn) => MaybePromise<boolean> = () => true,
): Promise<CdcLsn> {
  const { checkpoint } = progressOf(stream)
  if (checkpoint === undefined) {
    throw new CdcError(
      'CHECKPOINT',
      'the stream was started without an LSN and has had no checkpoint since, so only ' +
        'the stream itself knows where it stands',
    )
  }
  if (!(await canGoOnAt(checkpoint))) {
    throw new CdcError(
      'CHECKPOINT',
      `the last checkpoint of the stream is ${checkpoint}, where deliveries cannot go on: the log no longer has what ` +
        'follows',
      { found: checkpoint },
    )
  }
  return checkpoint
}

/** Stops a stream for good. The signal of {@link endOf} fires first. */
export async function stopStream(stream: CdcStream): Promise<void> {
  // Nobody reads this reason; without one, an error would be created for each stream.
  progressOf(stream).ended.abort('the stream was stopped')
  await stream.shutdown()
}

function refuseMalformed(batch: CdcBatch): void {
  const { lsnStart, lsnEnd }: { lsnStart: unknown; lsnEnd: unknown } = batch
  if (typeof lsnStart !== 'bigint' || typeof lsnEnd !== 'bigint' || lsnStart < 0n || lsnEnd <= lsnStart) {
    throw new CdcError(
      'BATCH',
      'a batch covers LSNs from lsnStart (a bigint of 0 or more) to a higher lsnEnd, and this one says ' +
        `${show(lsnStart)} to ${show(lsnEnd)}`,
      { found: { lsnStart, lsnEnd } },
    )
  }
}
