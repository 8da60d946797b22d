import type { MaybePromise } from '../maybe-promise.js'
import type { HandoffJob, ResourceHandoff, StepContext } from '../strategy.js'
import type { Halt } from './gate.js'

/** What a kind supplies for its live resources to be moved by {@link stopAndCopy}. `C` is its checkpoint. */
export interface StopAndCopyVerbs<P, R, C> {
  /** Where the next owner has to start. */
  checkpoint(resource: R, ctx: StepContext): MaybePromise<C>
  /** Stops the resource for good; afterwards a successor may take what it held. */
  stop(resource: R, ctx: StepContext): MaybePromise<void>
  start(provider: P, checkpoint: C, ctx: StepContext): MaybePromise<R>
  /** Removes what the checkpoint occupies outside memory. */
  discard?(checkpoint: C): MaybePromise<void>
}

/**
 * Moves a resource whose writes leave the process, or that two owners may not hold at once: hold writes, let the one in
 * flight settle, checkpoint, stop the old, start the new at the checkpoint.
 *
 * If the new one does not start, the old provider is started again at the same checkpoint and that resource takes the
 * stopped one's place. If even that fails the gate is halted with the checkpoint kept, and each later write tries again.
 * A dry run checkpoints and stops nothing.
 */
export function stopAndCopy<P, R, C>(job: HandoffJob<P, R>, ctx: StepContext, verbs: StopAndCopyVerbs<P, R, C>): ResourceHandoff<R> {
  const { gate } = job
  let halted: Halt<R> | undefined
  let checkpoint: { value: C } | undefined
  let stopped = false
  let started: { resource: R } | undefined

  const stop = (resource: R): MaybePromise<void> => verbs.stop(resource, ctx)
  const startOld = (from: C): Promise<R> => ctx.call('restart', () => verbs.start(job.old, from, ctx), { discard: stop })
  const discard = (kept: C): Promise<void> => ctx.call('discard checkpoint', () => verbs.discard?.(kept))

  async function takeCheckpoint(): Promise<C> {
    if (halted !== undefined) return halted.checkpoint as C
    return ctx.call('checkpoint', () => verbs.checkpoint(gate.resource, ctx), { discard: (late) => verbs.discard?.(late) })
  }

  async function restartHalted(from: C): Promise<R> {
    const resource = await startOld(from)
    // It serves: a checkpoint that cannot be removed is no reason to halt it again.
    await discard(from).catch(() => {})
    return resource
  }

  async function restartOld(from: C): Promise<void> {
    try {
      gate.replace(await startOld(from))
    } catch (cause) {
      gate.halt({ checkpoint: from, cause, restart: () => restartHalted(from) })
      throw cause
    }
    await discard(from)
  }

  return {
    async converge() {
      // Not before the hold: a write that was in flight may have started it again.
      halted = gate.halted
      const value = await takeCheckpoint()
      checkpoint = { value }
      if (halted === undefined) {
        if (ctx.dryRun) return gate.resource
        stopped = true
        await ctx.call('stop', () => stop(gate.resource))
      }
      const resource = await ctx.call('start', () => verbs.start(job.next, value, ctx), { discard: stop })
      started = { resource }
      return resource
    },
    async rollback() {
      const failures: unknown[] = []
      const attempt = (undo: Promise<void>): Promise<void> => undo.catch((error: unknown) => { failures.push(error) })
      const { resource } = started ?? {}
      if (resource !== undefined) await attempt(ctx.call('stop', () => stop(resource)))
      if (checkpoint) {
        if (stopped) await attempt(restartOld(checkpoint.value))
        // A halted resource keeps what it will be started from.
        else if (halted === undefined) await attempt(discard(checkpoint.value))
      }
      gate.release()
      if (failures.length === 1) throw failures[0]
      if (failures.length > 1) throw new AggregateError(failures, 'undoing the stop of a resource failed')
    },
    async finalize() {
      if (checkpoint) await discard(checkpoint.value)
    },
  }
}
