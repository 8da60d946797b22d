import { ReloadError } from '../errors.js'
import type { MaybePromise } from '../maybe-promise.js'
import type { HandoffJob, ResourceHandoff, StepContext } from '../strategy.js'
import { attemptAll } from './attempt-all.js'
import type { Halt } from '../handoff-gate.js'
import { opened } from './opened.js'

/**
 * What a kind supplies for {@link stopAndCopy}. `C` is its checkpoint, `T` what `prepare` gives.
 */
export interface StopAndCopyVerbs<P, R, C, T = never> {
  /**
   * Does what can be done before the old resource is stopped, such as connecting or loading. The old resource serves
   * meanwhile, and no write is held.
   */
  prepare?(provider: P, ctx: StepContext): MaybePromise<T>
  /** Gives the point at which the next resource has to start. */
  checkpoint(resource: R, ctx: StepContext): MaybePromise<C>
  /**
   * Finds out without the old resource where the next one has to start. Called where `checkpoint` fails, or a write
   * never settles. No write after that point may have been acknowledged. A kind that has `recover` says with it that a
   * successor can start although `stop` fails. Default: each of these failures fails the handoff.
   */
  recover?(ctx: StepContext): MaybePromise<C>
  /** Stops the resource for good. Afterwards a successor may take what the resource held. */
  stop(resource: R, ctx: StepContext): MaybePromise<void>
  /**
   * Starts a resource at the checkpoint.
   *
   * @param prepared what `prepare` gave; `undefined` where there is no `prepare`, and where the old provider starts the
   * resource again.
   */
  start(provider: P, checkpoint: C, ctx: StepContext, prepared?: T): MaybePromise<R>
  /** Disposes of what `prepare` gave, where no resource was started with it. */
  abandon?(prepared: T): MaybePromise<void>
  /**
   * Throws unless `started` can go on where the old resource stopped. An operator cannot overrule that; compare values
   * through `ctx.judge`, which can be overruled. Not called for what the old provider starts again.
   */
  verify?(started: R, checkpoint: C, ctx: StepContext): MaybePromise<void>
  /** Removes what the checkpoint occupies outside memory. */
  discard?(checkpoint: C): MaybePromise<void>
  /**
   * Methods that a started resource must have. One without them fails the reload (I10).
   */
  readonly methods?: readonly (keyof R & string)[] | undefined
}

/**
 * Moves a resource whose writes leave the process, or that two owners may not hold at once: hold writes, let the one in
 * flight settle, checkpoint, stop the old, start the new at the checkpoint.
 *
 * If the new one does not start, the old provider starts a resource at the same checkpoint, which takes the place of
 * the stopped one. If that fails, too, the gate is halted: it keeps the checkpoint, and each later write or `use` tries
 * to start the resource.
 *
 * If the old resource fails at its checkpoint or its stop and `verbs` can `recover`, the handoff goes on, and the
 * report has that failure (`outlived`). A dry run prepares and takes a checkpoint, and stops nothing.
 */
export function stopAndCopy<P, R, C, T = never>(
  job: HandoffJob<P, R>,
  ctx: StepContext,
  verbs: StopAndCopyVerbs<P, R, C, T>,
): ResourceHandoff<R> {
  return stopAndStart(job, ctx, verbs)
}

/**
 * {@link stopAndCopy}, also for `reopen`.
 *
 * @param from `open` where `verbs` start the resource by the `open` of its attach. The checkpoint of a halted resource
 * is then its {@link Halt}.
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
  /** The stop or start that was begun last. It goes on after an abort, which only ends the wait for it. */
  let moving: Promise<unknown> | undefined

  const stop = async (resource: R): Promise<void> => {
    try {
      await verbs.stop(resource, ctx)
    } finally {
      // A provider may pool what was stopped, and start it as another resource of this reload.
      job.letGo?.(resource)
    }
  }
  const stopLate = (late: R): Promise<unknown> => {
    // The late resource was started with what was prepared, so that is not abandoned by itself.
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
    // An abandoned write may be half applied.
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

  /** Finds the checkpoint without the old resource, which has failed with `failure`. */
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
          // Set in here, as a step that was aborted before its call has stopped nothing.
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
      // The rollback waits for what is under way, but not for a call that is past its deadline.
      if (ReloadError.is(error) && error.code === 'STEP_TIMEOUT') moving = undefined
      throw error
    }
  }

  /**
   * Waits for the stop or start under way: with a restart beside it, the resource would have two owners.
   */
  async function settle(): Promise<void> {
    for (let seen: typeof moving; seen !== moving;) {
      seen = moving
      await seen?.catch(() => {})
    }
  }

  function startOld(from: C): Promise<R> {
    return ctx.call('restart', () => begin(job.old, from, undefined), { discard: stop, later: true })
  }

  /** Called by a later write or `use`, perhaps long after the reload. */
  async function startHalted(from: C): Promise<R> {
    const resource = await startOld(from)
    // The resource serves, so the write goes on although the checkpoint could not be discarded.
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
      gate.halt({
        checkpoint: value,
        ...(from && { from }),
        cause,
        restart: () => startHalted(value),
        stop: stopRestarted,
        // Not by `ctx.call`: whoever calls this does so in a step.
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
      // Not read earlier: until writes are held, one may start a halted resource again.
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
            // The checkpoint of a resource that was halted before is kept: the resource will be started from it.
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
