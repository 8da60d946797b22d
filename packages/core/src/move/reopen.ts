import type { MaybePromise } from '../maybe-promise.js'
import type { HandoffJob, ResourceHandoff, StepContext } from '../strategy.js'
import { freshSuccessor } from './fresh-successor.js'
import type { Halt } from '../handoff-gate.js'
import { holdOrAbandon } from './hold-writes.js'
import { openedBy } from './opened-by.js'
import { stopAndStart } from './stop-and-copy.js'
import { unlessRestarted } from './unless-restarted.js'

export interface ReopenOptions<R> {
  /** Whether the old resource has to be closed before a new one can be opened. */
  readonly exclusive: boolean
  close(resource: R): MaybePromise<void>
}

/**
 * Opens a resource anew with the new provider, by the `open` of its attach. The old resource, whose calls may throw or
 * never settle, is asked for nothing: it is only closed. Writes are held from before the opening to the commit, so
 * what `open` reads has every acknowledged write.
 */
export function reopen<P, R>(
  job: HandoffJob<P, R>,
  ctx: StepContext,
  { exclusive, close }: ReopenOptions<R>,
): ResourceHandoff<R> {
  const { gate } = job
  const open = (provider: P): MaybePromise<R> => {
    // The old provider opens it again only in a rollback, and is not judged.
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
    // An abandoned write may still change the old resource.
    isIntact: () => !abandoned,
  })
}
