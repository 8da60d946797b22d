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
   * Whether the deliveries of stream `name` can go on at `lsn`, such as `(lsn) => log.canReadFrom(lsn)`. Asked before
   * the old stream is stopped; `false` fails the handoff. Default: every honest checkpoint will do, and one that lies
   * inside a batch halts the stream afterwards.
   */
  readonly canResume?: ((lsn: CdcLsn, name: string) => MaybePromise<boolean>) | undefined
}

const OPTIONS: OptionChecks<CdcHandoffOptions> = { canResume: option.function }

/** Stop-and-copy: checkpoint the old stream, shut it down, start the new provider at that LSN. */
export function cdcHandoff(given: CdcHandoffOptions = {}): HandoffStrategy<CdcOutputProvider, CdcStream, CdcBatch> {
  const options = checkOptions(given, 'cdcHandoff options', OPTIONS)
  return {
    surface: cdcOutput,
    discipline: 'stop-and-copy',
    // What is handed over is a position in the log, and the handoff itself judges that.
    checkCompat: () => ({ level: 'compatible' }),
    handoff: (job, ctx) =>
      stopAndCopy<CdcOutputProvider, CdcStream, CdcLsn, CdcPrepared | undefined>(job, ctx, {
        // Deliveries that were acknowledged beyond it are in the log, and come again (C22).
        recover: () => lastCheckpoint(job.gate.resource, (lsn) => options.canResume?.(lsn, job.name) ?? true),
        prepare: (provider, { signal }) => prepareStream(provider, { stream: job.name, signal }),
        abandon: (prepared) => prepared?.abandon?.(),
        checkpoint: (stream) => takeCheckpoint(stream, (lsn) => options.canResume?.(lsn, job.name) ?? true),
        stop: stopStream,
        start: (provider, fromLsn, { signal }, prepared) =>
          startStream(prepared ?? provider, { stream: job.name, fromLsn, signal }),
        // Between where it was started and what it was handed, which is nothing, there is one honest answer.
        verify: async (stream) => {
          await takeCheckpoint(stream)
        },
      }),
    activate: (stream) => stream.activate?.(),
    close: stopStream,
  }
}
