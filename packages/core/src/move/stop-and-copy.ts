import { ReloadError } from '../errors.js'
import type { MaybePromise } from '../maybe-promise.js'
import type { HandoffJob, ResourceHandoff, StepContext } from '../strategy.js'
import { attemptAll } from './attempt-all.js'
import type { Halt } from './handoff-gate.js'
import { opened } from './opened.js'

/**
 * What a kind supplies for its live resources to be moved by {@link stopAndCopy}. `C` is its checkpoint, `T` what is
 * prepared.
 */
export interface StopAndCopyVerbs<P, R, C, T = never> {
  /**
   * What can be done before the old one is stopped, such as to connect or to load: it serves meanwhile, and no write is
   * held. What it gives goes to `start`.
   */
  prepare?(provider: P, ctx: StepContext): MaybePromise<T>
  /** Where the next owner has to start. */
  checkpoint(resource: R, ctx: StepContext): MaybePromise<C>
  /**
   * Where the next owner has to start, found without the old resource: asked for where its checkpoint fails, or where a
   * write to it never settles. Nothing acknowledged may lie behind it. A kind that has it also says that a resource
   * that cannot be stopped keeps no successor from starting. Absent: each of these fails the handoff.
   */
  recover?(ctx: StepContext): MaybePromise<C>
  /** Stops the resource for good; afterwards a successor may take what it held. */
  stop(resource: R, ctx: StepContext): MaybePromise<void>
  /**
   * @param prepared what `prepare` gave; `undefined` where there is no `prepare`, and where the old provider starts it
   * again.
   */
  start(provider: P, checkpoint: C, ctx: StepContext, prepared?: T): MaybePromise<R>
  /** Lets go of what was prepared where no resource has come of it. What `start` made of it is stopped instead. */
  abandon?(prepared: T): MaybePromise<void>
  /**
   * Throws unless the new provider started something that can go on where the old one stopped. No operator overrules it: what holds
   * values to the old ones goes through `ctx.judge` inside it. The old provider, the last resort, is not asked.
   */
  verify?(started: R, checkpoint: C, ctx: StepContext): MaybePromise<void>
  /** Removes what the checkpoint occupies outside memory. */
  discard?(checkpoint: C): MaybePromise<void>
  /**
   * Names of the methods a started resource must have: a reload is not to succeed with one that cannot be used (I10).
   */
  readonly methods?: readonly (keyof R & string)[]
}

/**
 * Moves a resource whose writes leave the process, or that two owners may not hold at once: hold writes, let the one in
 * flight settle, checkpoint, stop the old, start the new at the checkpoint.
 *
 * If the new one does not start, the old provider is started again at the same checkpoint and that resource takes the
 * stopped one's place. If even that fails the gate is halted with the checkpoint kept, and each later write tries again.
 * Where a kind says how to recover, what the old one fails at is reported and done without.
 * A dry run prepares and checkpoints, and stops nothing.
 */
export function stopAndCopy<P, R, C, T = never>(
  job: HandoffJob<P, R>,
  ctx: StepContext,
  verbs: StopAndCopyVerbs<P, R, C, T>,
): ResourceHandoff<R> {
  return stopAndStart(job, ctx, verbs)
}

/**
 * @param from `open`: `verbs` start it as the host opens it. No checkpoint is taken; in its place is what was left of a
 * halted resource.
 */
export function stopAndStart<P, R, C, T = never>(
  job: HandoffJob<P, R>,
  ctx: StepContext,
  verbs: StopAndCopyVerbs<P, R, C, T>,
  from?: 'open',
): ResourceHandoff<R> {
  const { gate } = job
  let halted: Halt<R> | undefined
  let prepared: { value: T } | undefined
  let checkpoint: { value: C } | undefined
  let stopped = false
  let started: { resource: R } | undefined
  /** The stop or start last begun: an abort ends the wait for it, and not the thing itself. */
  let moving: Promise<unknown> | undefined

  const stop = async (resource: R): Promise<void> => {
    try {
      await verbs.stop(resource, ctx)
    } finally {
      // What a provider keeps for reuse may be started as another resource of this reload.
      job.letGo?.(resource)
    }
  }
  const stopLate = (late: R): Promise<unknown> => {
    // What was prepared goes with it.
    prepared = undefined
    return (moving = stop(late))
  }
  const begin = (provider: P, from: C, ready: T | undefined): Promise<R> =>
    opened(verbs.start(provider, from, ctx, ready), {
      job,
      methods: verbs.methods,
      close: stop,
      unclean: (error) => {
        ctx.unclean('stop', error)
      },
    })
  const discard = (kept: C): Promise<void> =>
    ctx.call('discard checkpoint', () => verbs.discard?.(kept), { later: true })

  async function takeCheckpoint(): Promise<C> {
    if (halted !== undefined) return (from === 'open' ? halted : halted.checkpoint) as C
    // A resource with an abandoned write may have half of it.
    if (gate.abandoned) return recoverFrom(new Error('a write to it never settled, and was abandoned'))
    try {
      return await ctx.call('checkpoint', () => verbs.checkpoint(gate.resource, ctx), {
        discard: (late) => verbs.discard?.(late),
        side: 'old',
      })
    } catch (error) {
      if (verbs.recover === undefined || isAbort(error)) throw error
      return recoverFrom(error)
    }
  }

  /** Goes on without what the old one failed at. */
  async function recoverFrom(failure: unknown): Promise<C> {
    const found = await ctx.call('recover', () => verbs.recover?.(ctx) as MaybePromise<C>, {
      discard: (late) => verbs.discard?.(late),
    })
    ctx.outlived(failure)
    return found
  }

  async function stopOld(): Promise<void> {
    try {
      await move(
        'stop',
        () => {
          // Not before the call is made: one that was aborted ahead of it has stopped nothing.
          stopped = true
          return stop(gate.resource)
        },
        { side: 'old' },
      )
    } catch (error) {
      if (verbs.recover === undefined || isAbort(error)) throw error
      ctx.outlived(error)
    }
  }

  async function move<T>(
    step: string,
    begin: () => MaybePromise<T>,
    { side, late }: { side: 'old' | 'new'; late?: (value: T) => Promise<unknown> },
  ): Promise<T> {
    try {
      return await ctx.call(
        step,
        () => {
          const outcome = Promise.resolve(begin())
          moving = outcome
          return outcome
        },
        {
          discard: async (value) => {
            await late?.(value)
          },
          side,
        },
      )
    } catch (error) {
      // What has had its time is not waited for once more.
      if (ReloadError.is(error) && error.code === 'STEP_TIMEOUT') moving = undefined
      throw error
    }
  }

  /** Two owners at once is what this discipline is there to prevent, so a restart waits for what is still under way. */
  async function settle(): Promise<void> {
    for (let seen: typeof moving; seen !== moving;) {
      seen = moving
      await seen?.catch(() => {})
    }
  }

  function startOld(from: C): Promise<R> {
    return ctx.call('restart', () => begin(job.old, from, undefined), { discard: stop, later: true })
  }

  /** What a later write runs, long after the reload. */
  async function startHalted(from: C): Promise<R> {
    const resource = await startOld(from)
    // It serves: a checkpoint that cannot be removed is no reason to refuse the write.
    await discard(from).catch((error: unknown) => {
      ctx.unclean('discard checkpoint', error)
    })
    return resource
  }

  function stopRestarted(late: R): Promise<void> {
    return ctx.call('stop', () => stop(late), { later: true })
  }

  async function restartOld(value: C): Promise<void> {
    let resource: R
    try {
      resource = await startOld(value)
    } catch (cause) {
      // Whoever gives it up has a step of its own for that.
      gate.halt({
        checkpoint: value,
        ...(from && { from }),
        cause,
        restart: () => startHalted(value),
        stop: stopRestarted,
        discard: async () => {
          await verbs.discard?.(value)
        },
      })
      throw cause
    }
    try {
      gate.replace(resource)
    } finally {
      await discard(value)
    }
  }

  return {
    withoutOld: verbs.recover !== undefined,
    ...(verbs.prepare && {
      async prepare() {
        prepared = {
          value: await ctx.call('prepare', () => verbs.prepare?.(job.next, ctx) as MaybePromise<T>, {
            discard: (late) => verbs.abandon?.(late),
          }),
        }
      },
    }),
    async converge() {
      // Not before the hold: a write that was in flight may have started it again.
      halted = gate.halted
      const value = await takeCheckpoint()
      checkpoint = { value }
      if (halted === undefined) {
        if (ctx.dryRun) return gate.resource
        await stopOld()
      }
      const resource = await move('start', () => begin(job.next, value, prepared?.value), {
        side: 'new',
        late: stopLate,
      })
      started = { resource }
      if (verbs.verify) await ctx.call('verify', () => verbs.verify?.(resource, value, ctx))
      return resource
    },
    async rollback() {
      const { resource } = started ?? {}
      const { value } = checkpoint ?? {}
      try {
        await attemptAll(
          [
            () => moving && ctx.call('settle', settle),
            () => resource !== undefined && ctx.call('stop', () => stop(resource)),
            () =>
              prepared !== undefined &&
              resource === undefined &&
              ctx.call('abandon', () => verbs.abandon?.(prepared?.value as T)),
            () => stopped && restartOld(value as C),
            // A halted resource keeps what it will be started from.
            () => checkpoint !== undefined && !stopped && halted === undefined && discard(value as C),
          ],
          'undoing the stop of a resource failed',
        )
      } finally {
        gate.release()
      }
    },
    async finalize() {
      if (checkpoint) await discard(checkpoint.value)
    },
  }
}

function isAbort(error: unknown): boolean {
  return ReloadError.is(error) && error.code === 'ABORTED'
}
