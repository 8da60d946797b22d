import type { MaybePromise } from '../maybe-promise.js'
import type { HandoffJob, ResourceHandoff, StepContext } from '../strategy.js'
import { freshSuccessor } from './fresh-successor.js'
import type { Halt } from '../handoff-gate.js'
import { holdOrAbandon } from './hold-writes.js'
import { openedBy } from './opened-by.js'
import { stopAndStart } from './stop-and-copy.js'
import { unlessRestarted } from './unless-restarted.js'

export interface ReopenOptions<R> {
  /** Whether the old one has to let go of what it holds before another can be opened. */
  readonly exclusive: boolean
  close(resource: R): MaybePromise<void>
}

/**
 * Opens a resource anew with the new provider, as the host opened it when it attached it. Nothing is asked of the old
 * one, whose calls may throw or never settle: it is only closed. Writes are held from before the opening to the commit,
 * so whatever the host opens it from has every write that was acknowledged.
 */
export function reopen<P, R>(
  job: HandoffJob<P, R>,
  ctx: StepContext,
  { exclusive, close }: ReopenOptions<R>,
): ResourceHandoff<R> {
  const { gate } = job
  const open = (provider: P): MaybePromise<R> => {
    // The old provider, the last resort, is not judged.
    if (provider === job.next) {
      ctx.unjudged('it was opened anew, by the open of its attach, and not compared with the resource that served')
    }
    return openedBy(job, provider)
  }
  if (exclusive || gate.halted !== undefined) {
    const stopped = stopAndStart<P, R, Halt<R> | undefined>(
      job,
      ctx,
      {
        checkpoint: () => undefined,
        recover: () => undefined,
        stop: close,
        start: open,
        discard: (halted) => halted?.discard(),
      },
      'open',
    )
    return exclusive ? stopped : unlessRestarted(gate, stopped)
  }
  let abandoned = false
  return freshSuccessor(job, ctx, {
    open: () => open(job.next),
    close,
    withoutOld: true,
    async hold() {
      await holdOrAbandon(gate, ctx)
      abandoned = gate.abandoned
    },
    // A write that was abandoned may change it yet.
    isIntact: () => !abandoned,
  })
}
