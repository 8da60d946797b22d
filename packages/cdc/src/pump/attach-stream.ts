import { onAbort, ReloadError, type AttachOptions, type LiveResource, type Surface } from '@uni/reload-core'
import type { CheckpointStore } from '../checkpoints/checkpoint-store.js'
import type { CdcBatch, CdcGap, CdcLsn, CdcOutputProvider, CdcStream } from '../contract.js'
import { CdcError, show } from '../errors.js'
import type { CommitLog } from '../log/commit-log.js'
import { startStream } from '../start-stream.js'
import { cdcOutput } from '../surface.js'
import type { StreamEvent } from './events.js'
import { aborted, firstOf, fulfilled } from './first-of.js'
import { within, type Patience } from './within.js'

/** The part of a host that the pump uses; a `PluginHost` has it. */
export interface CdcHost {
  attach(
    surface: Surface<CdcOutputProvider, CdcStream, CdcBatch>,
    options: AttachOptions<CdcOutputProvider, CdcStream>,
  ): Promise<LiveResource<CdcStream, CdcBatch>>
}

/** What becomes of a stream whose next batch the log no longer has. */
export type ReleasedPolicy = 'fail' | 'restart-from-oldest'

export interface StartingPointOptions {
  readonly name: string
  readonly log: CommitLog
  readonly checkpoints: CheckpointStore
  readonly onReleased: ReleasedPolicy
  /** Where to start if no checkpoint is saved. */
  readonly firstLsn: CdcLsn
  readonly patience: Patience
}

export interface StartingPoint {
  readonly fromLsn: CdcLsn
  /** The checkpoint that is saved; below `fromLsn` where there is a gap. */
  readonly checkpoint: CdcLsn | undefined
  readonly gap?: CdcGap
}

/**
 * Where to open a stream: at its saved checkpoint, as what a closed stream accepted beyond may be lost.
 *
 * @throws CdcError `LOG_RELEASED`, `LOG_POSITION`, `CHECKPOINT_STORE`.
 */
export async function startingPoint(options: StartingPointOptions): Promise<StartingPoint> {
  const { name, log, checkpoints, onReleased, firstLsn, patience } = options
  const saved: unknown = await within('load() of the checkpoint store', patience, () => checkpoints.load(name))
  if (saved !== undefined && (typeof saved !== 'bigint' || saved < 0n)) {
    throw new CdcError(
      'CHECKPOINT_STORE',
      `the checkpoint store must return a bigint of 0 or more, and returned ${show(saved)}`,
      { found: saved },
    )
  }
  const from = saved ?? firstLsn
  const { oldest } = log
  if (from < oldest) {
    if (onReleased === 'fail') {
      throw new CdcError(
        'LOG_RELEASED',
        `the stream continues at LSN ${from}, and the log was released up to ${oldest}: what lies between cannot ` +
          `be delivered any more. Fill the sink up to ${oldest} by other means, or have it restart from the oldest.`,
        { expected: oldest, found: from },
      )
    }
    return { fromLsn: oldest, checkpoint: saved, gap: { from, to: oldest } }
  }
  if (!(await within('log.canReadFrom()', patience, async () => log.canReadFrom(from)))) {
    throw new CdcError(
      'LOG_POSITION',
      `the stream continues at LSN ${from}, where no batch of the log starts (it has ${oldest} to ${log.head}). ` +
        'The checkpoint belongs to another log, or the sink took one inside a batch.',
      { found: from },
    )
  }
  return { fromLsn: from, checkpoint: saved }
}

export interface AttachStreamOptions {
  readonly host: CdcHost
  readonly name: string
  readonly key: string
  readonly fromLsn: CdcLsn
  readonly gap?: CdcGap | undefined
  readonly stop: AbortSignal
  emit(event: StreamEvent): void
}

/** Has the host open a stream. A stream that opens after `stop` has fired is closed again. */
export async function attachStream({
  host,
  name,
  key,
  fromLsn,
  gap,
  stop,
  emit,
}: AttachStreamOptions): Promise<LiveResource<CdcStream, CdcBatch>> {
  const starting = new AbortController()
  const { signal } = starting
  const abort = (): void => starting.abort(stoppedError(name, key))
  if (stop.aborted) abort()
  const stopListening = onAbort(stop, abort)
  try {
    signal.throwIfAborted()
    const attached = host.attach(cdcOutput, {
      name,
      key,
      open: (provider) => startStream(provider, { stream: name, fromLsn, signal, ...(gap && { gap }) }),
    })
    const outcome = await firstOf({ opened: fulfilled(() => attached), stop: aborted(signal) })
    if (outcome === 'opened') return await attached
    void attached
      .then((late) => late.detach())
      .then(({ finalized }) => finalized)
      .catch((error: unknown) => emit({ type: 'unclean', step: 'open', error }))
    throw signal.reason
  } finally {
    // The call of `start` is over and its stream goes on, so `stop` must not fire the signal of that call any more.
    stopListening()
  }
}

export function stoppedError(name: string, key: string): ReloadError {
  return new ReloadError('RESOURCE_CLOSED', 'the pump was stopped', {
    surface: cdcOutput.id,
    key,
    resource: name,
    hint: 'Start the stream with another pump: it goes on from the checkpoint that was saved.',
  })
}
