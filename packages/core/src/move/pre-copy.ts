import type { MaybePromise } from '../maybe-promise.js'
import type { HandoffJob, ResourceHandoff, StepContext } from '../strategy.js'
import { synchronous } from '../synchronous.js'
import { attemptAll } from './attempt-all.js'
import { opened } from './opened.js'
import { Replay } from './replay.js'
import { stopAndCopy } from './stop-and-copy.js'
import { takeBack } from './take-back.js'
import { whileHalted } from './while-halted.js'

/** What a kind supplies for its live resources to be moved by {@link preCopy}. `I` is its image, `E` its evidence. */
export interface PreCopyVerbs<P, R, I, E = unknown> {
  /**
   * The resource's content at this point in time. Writes are held while it is pending, unless `isolated` says that a
   * snapshot under way does not see them. What is handed over must never be written to again by the old side.
   */
  snapshot(resource: R, ctx: StepContext): MaybePromise<I>
  isolated?(resource: R): boolean
  restore(provider: P, image: I, ctx: StepContext): MaybePromise<R>
  /** Holds the restored resource to what the old one answered at the point of the snapshot. */
  readonly meaning?: {
    observe(resource: R, ctx: StepContext): MaybePromise<E>
    /** Throws unless `restored` means the same as what was observed. Runs before any replay. */
    verify(restored: R, observed: E, ctx: StepContext): MaybePromise<void>
  }
  close?(resource: R): MaybePromise<void>
  /** Removes what the image occupies outside memory, such as a file. */
  discard?(image: I): MaybePromise<void>
  /**
   * Names of the methods a restored resource must have: a reload is not to succeed with one that cannot be used (I10).
   */
  readonly methods?: readonly (keyof R & string)[]
}

/**
 * Moves a resource by pre-copy, the algorithm of live migration (Clark et al., "Live Migration of Virtual Machines",
 * NSDI 2005): snapshot it while it goes on serving, record the writes made meanwhile, replay them on the copy round after
 * round while they shrink, then hold writes for the last of them. With an exclusive cutover, where no two owners may
 * exist, the same verbs move it by stop-and-copy.
 */
export function preCopy<P, R, I, E>(job: HandoffJob<P, R>, ctx: StepContext, verbs: PreCopyVerbs<P, R, I, E>): ResourceHandoff<R> {
  if (job.cutover === 'exclusive') return moveStopped(job, ctx, verbs)
  // It has no old owner to copy from: it starts from the image that was kept.
  if (job.gate.halted !== undefined) return whileHalted(job.gate, moveStopped(job, ctx, verbs))
  if (job.kept !== undefined) return takeBack(job, job.kept, ctx, (resource) => verbs.close?.(resource))
  return moveServing(job, ctx, verbs)
}

function moveServing<P, R, I, E>(job: HandoffJob<P, R>, ctx: StepContext, verbs: PreCopyVerbs<P, R, I, E>): ResourceHandoff<R> {
  const { gate } = job
  const old = gate.resource
  const close = (resource: R): MaybePromise<void> => verbs.close?.(resource)
  const replay = new Replay(gate, ctx)
  let taken: { image: I } | undefined
  let restored: { resource: R } | undefined

  /** Resolves with the check that the restored resource has to pass. */
  async function takeSnapshot(): Promise<((resource: R) => MaybePromise<void>) | undefined> {
    await ctx.call('hold writes', () => gate.hold(), { side: 'old' })
    const { meaning } = verbs
    let check: ((resource: R) => MaybePromise<void>) | undefined
    if (meaning) {
      const observed = await ctx.call('observe', () => meaning.observe(old, ctx), { side: 'old' })
      check = (resource) => meaning.verify(resource, observed, ctx)
    }
    const isolated = synchronous(verbs.isolated?.(old), 'isolated()', 'it is asked while writes are held') === true
    const pending = ctx.call('persist', () => verbs.snapshot(old, ctx), {
      discard: (late) => verbs.discard?.(late), side: 'old',
    })
    if (isolated) gate.record()
    taken = { image: await pending }
    if (!isolated) gate.record()
    return check
  }

  function dispose(owner: { resource: R } | undefined): Promise<void> {
    const image = taken
    return attemptAll([
      () => owner && ctx.call('close', () => close(owner.resource)),
      () => image && ctx.call('discard image', () => verbs.discard?.(image.image)),
    ], 'disposing of a resource and its image failed')
  }

  return {
    async prepare() {
      const check = await takeSnapshot()
      const { image } = taken as { image: I }
      const resource = await ctx.call(
        'open',
        () => opened(verbs.restore(job.next, image, ctx), {
          job, serving: old, methods: verbs.methods, close,
          unclean: (error) => { ctx.unclean('close', error) },
        }),
        { discard: close, side: 'new' },
      )
      restored = { resource }
      if (check) await ctx.judge('verify', () => check(resource))
      await replay.underLoad(resource)
    },
    catchUp: () => replay.catchUp((restored as { resource: R }).resource),
    async converge() {
      const { resource } = restored as { resource: R }
      await replay.rest(resource)
      return resource
    },
    rollback() {
      gate.release()
      return dispose(restored)
    },
    finalize: () => dispose({ resource: old }),
    kept: { resource: old, release: () => dispose(undefined) },
  }
}

function moveStopped<P, R, I, E>(job: HandoffJob<P, R>, ctx: StepContext, verbs: PreCopyVerbs<P, R, I, E>): ResourceHandoff<R> {
  interface Stopped { readonly image: I; readonly check?: (resource: R) => MaybePromise<void> }
  const close = (resource: R): MaybePromise<void> => verbs.close?.(resource)
  return stopAndCopy<P, R, Stopped>(job, ctx, {
    async checkpoint(resource) {
      const { meaning } = verbs
      if (!meaning) return { image: await verbs.snapshot(resource, ctx) }
      const observed = await meaning.observe(resource, ctx)
      return { image: await verbs.snapshot(resource, ctx), check: (restored) => meaning.verify(restored, observed, ctx) }
    },
    stop: close,
    start: (provider, { image }) => verbs.restore(provider, image, ctx),
    verify: (restored, { check }) => check && ctx.judge('verify', () => check(restored)),
    discard: ({ image }) => verbs.discard?.(image),
    ...verbs.methods && { methods: verbs.methods },
  })
}
