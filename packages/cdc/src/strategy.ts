import {
  checkOptions,
  option,
  stopAndCopy,
  type HandoffStrategy,
  type MaybePromise,
  type OptionChecks,
} from '@uni/reload-core'
import type { CdcBatch, CdcLsn, CdcOutputProvider, CdcPrepared, CdcStream } from './contract.js'
import { lastCheckpoint, stopStream, takeCheckpoint } from './progress.js'
import { prepareStream, startStream } from './start-stream.js'
import { cdcOutput } from './surface.js'

export interface CdcHandoffOptions {
  /**
   * Whether deliveries to the stream `name` can go on at `lsn`, such as `(lsn) => log.canReadFrom(lsn)`. Called before
   * the old stream is stopped; `false` fails the handoff. Default: they can at every valid checkpoint, and one that
   * lies inside a batch halts the stream later.
   */
  readonly canResume?: ((lsn: CdcLsn, name: string) => MaybePromise<boolean>) | undefined
}

const OPTIONS: OptionChecks<CdcHandoffOptions> = { canResume: option.function }

/**
 * The discipline of CDC outputs, stop-and-copy: take the checkpoint of the old stream, shut it down, and start the new
 * provider at that LSN.
 */
export function cdcHandoff(given: CdcHandoffOptions = {}): HandoffStrategy<CdcOutputProvider, CdcStream, CdcBatch> {
  const options = checkOptions(given, 'cdcHandoff options', OPTIONS)
  return {
    surface: cdcOutput,
    discipline: 'stop-and-copy',
    // A position in the log is all that is handed over, and the handoff itself checks that.
    checkCompat: () => ({ level: 'compatible' }),
    handoff: (job, ctx) =>
      stopAndCopy<CdcOutputProvider, CdcStream, CdcLsn, CdcPrepared | undefined>(job, ctx, {
        // Deliveries that were acknowledged beyond that LSN are in the log, and are made again (C22).
        recover: () => lastCheckpoint(job.gate.resource, (lsn) => options.canResume?.(lsn, job.name) ?? true),
        prepare: (provider, { signal }) => prepareStream(provider, { stream: job.name, signal }),
        abandon: (prepared) => prepared?.abandon?.(),
        checkpoint: (stream) => takeCheckpoint(stream, (lsn) => options.canResume?.(lsn, job.name) ?? true),
        stop: stopStream,
        start: (provider, fromLsn, { signal }, prepared) =>
          startStream(prepared ?? provider, { stream: job.name, fromLsn, signal }),
        // A stream to which nothing was delivered has only one valid checkpoint: where it was started.
        verify: async (stream) => {
          await takeCheckpoint(stream)
        },
      }),
    activate: (stream) => stream.activate?.(),
    close: stopStream,
  }
}
