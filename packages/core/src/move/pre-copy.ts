import type { MaybePromise } from '../maybe-promise.js'
import type { HandoffJob, IntactResource, ResourceHandoff, StepContext } from '../strategy.js'
import { synchronous } from '../synchronous.js'
import { attemptAll } from './attempt-all.js'
import { holdWrites } from './hold-writes.js'
import type { HandoffGate } from '../handoff-gate.js'
import { openedAtOnce } from './opened.js'
import { Replay } from './replay.js'
import { stopAndCopy } from './stop-and-copy.js'
import { unlessRestarted } from './unless-restarted.js'

/** What a kind supplies for {@link preCopy}. `I` is the image in a snapshot, `E` what `observe` gives. */
export interface PreCopyVerbs<P, R, I, E = unknown> {
  /**
   * Resolves with the resource's content at the time of the call. Writes are held while it is pending, unless
   * `isolated` says that a snapshot under way does not see them. The old resource must not change the image afterwards
   * (H4).
   */
  snapshot(resource: R, ctx: StepContext): MaybePromise<I>
  isolated?(resource: R): boolean
  restore(provider: P, image: I, ctx: StepContext): MaybePromise<R>
  /** Compares what the restored resource answers with what the old one answered at the mark. */
  readonly meaning?:
    | {
        observe(resource: R, ctx: StepContext): MaybePromise<E>
        /** Throws unless `restored` means the same as what was observed. Runs before any replay. */
        verify(restored: R, observed: E, ctx: StepContext): MaybePromise<void>
      }
    | undefined
  /**
   * Compares the two with writes held, and throws unless they mean the same. So it finds a write that means something
   * else to the new resource, and a change of the old one that was no write. Called at least once, and again where
   * writes were replayed since. An operator may overrule it. Default: that a replayed write was accepted is enough.
   */
  agree?(old: R, restored: R, ctx: StepContext): MaybePromise<void>
  close?(resource: R): MaybePromise<void>
  /** Removes what the image occupies outside memory, such as a file. */
  discard?(image: I): MaybePromise<void>
  /**
   * Methods that a restored resource must have. One without them fails the reload (I10).
   */
  readonly methods?: readonly (keyof R & string)[] | undefined
}

/**
 * Moves a resource by pre-copy, the algorithm of live migration (Clark et al., "Live Migration of Virtual Machines",
 * NSDI 2005): snapshot it while it serves, record the writes made meanwhile, replay them on the copy round after round
 * while the rounds shrink, then hold writes and replay the rest. With the exclusive cutover, the same verbs move it by
 * stop-and-copy.
 */
export function preCopy<P, R, I, E>(
  job: HandoffJob<P, R>,
  ctx: StepContext,
  verbs: PreCopyVerbs<P, R, I, E>,
): ResourceHandoff<R> {
  if (job.cutover === 'exclusive') return moveStopped(job, ctx, verbs)
  // Nothing of a halted resource runs that could be copied: the new one starts from the checkpoint that was kept.
  if (job.gate.halted !== undefined) return unlessRestarted(job.gate, moveStopped(job, ctx, verbs))
  return (
    job.standby?.handBack(ctx, {
      writes: 'replayed',
      close: (resource) => ctx.call('close', () => verbs.close?.(resource)),
    }) ?? moveServing(job, ctx, verbs)
  )
}

/** Where a handoff keeps its {@link ServingMove}: a symbol, so that a wrapper which spreads the handoff has it, too. */
const MOVE = Symbol('move')

type PreCopyHandoff<R> = ResourceHandoff<R> & { readonly [MOVE]: ServingMove<unknown, R, unknown, unknown> }

/**
 * All handoffs share these functions: with ten thousand handoffs, functions for each of them would take much memory.
 */
const STEPS = {
  prepare(this: PreCopyHandoff<unknown>) {
    return this[MOVE].prepare()
  },
  catchUp(this: PreCopyHandoff<unknown>) {
    return this[MOVE].catchUp()
  },
  /** `undefined` where a wrapper has replaced `converge`, so that the wrapper's is called. */
  successor(this: PreCopyHandoff<unknown>) {
    return this.converge === STEPS.converge ? this[MOVE].restored?.resource : undefined
  },
  converge(this: PreCopyHandoff<unknown>) {
    return this[MOVE].converge()
  },
  rollback(this: PreCopyHandoff<unknown>) {
    return this[MOVE].rollback()
  },
  finalize(this: PreCopyHandoff<unknown>) {
    return this[MOVE].finalize()
  },
}

function moveServing<P, R, I, E>(
  job: HandoffJob<P, R>,
  ctx: StepContext,
  verbs: PreCopyVerbs<P, R, I, E>,
): ResourceHandoff<R> {
  const move = new ServingMove(job, ctx, verbs)
  return { [MOVE]: move, ...STEPS, intact: move } as unknown as PreCopyHandoff<R>
}

/** One resource that goes on serving while it is copied. */
class ServingMove<P, R, I, E> implements IntactResource<R> {
  /** The old resource. */
  readonly resource: R
  restored: { readonly resource: R } | undefined
  readonly #gate: HandoffGate<R>
  /** Needed until `restored` is set, and dropped then: ten thousand handoffs may wait for the commit. */
  #job: HandoffJob<P, R> | undefined
  readonly #ctx: StepContext
  readonly #verbs: PreCopyVerbs<P, R, I, E>
  readonly #replay: Replay<R>
  #taken: { readonly image: I } | undefined
  /** How many writes had been replayed when `agree` last passed. */
  #agreedAfter: number | undefined

  constructor(job: HandoffJob<P, R>, ctx: StepContext, verbs: PreCopyVerbs<P, R, I, E>) {
    this.resource = job.gate.resource
    this.#gate = job.gate
    this.#job = job
    this.#ctx = ctx
    this.#verbs = verbs
    this.#replay = new Replay(job.gate, ctx)
  }

  async prepare(): Promise<void> {
    const check = await this.#takeSnapshot()
    const { image } = this.#taken as { image: I }
    // Here, as writes go on from the mark: of many resources that are begun in one turn, none is opened in that turn
    // where its slice is over.
    const slices = this.#ctx.slices()
    if (slices.due()) await slices.pause()
    const resource = await this.#ctx.call('open', () => this.#restore(image), {
      discard: (late) => this.#close(late),
      side: 'new',
    })
    this.restored = { resource }
    this.#job = undefined
    if (check) await this.#ctx.judge('verify', () => check(resource))
    if (this.#gate.recorded > 0) await this.#replay.underLoad(resource)
    if (!this.#agrees) await this.#agreeUnderLoad(resource)
  }

  async catchUp(): Promise<void> {
    const { resource } = this.restored as { resource: R }
    await this.#replay.catchUp(resource)
    if (!this.#agrees) await this.#agreeUnderLoad(resource)
  }

  async converge(): Promise<R> {
    const { resource } = this.restored as { resource: R }
    await this.#replay.underHold(resource)
    await this.#agree(resource)
    return resource
  }

  rollback(): Promise<void> {
    this.#gate.release()
    return this.#dispose(this.restored)
  }

  finalize(): Promise<void> {
    return this.#dispose(this)
  }

  /** The old resource serves again: only the image is discarded. */
  release(): Promise<void> {
    return this.#dispose(undefined)
  }

  /** Resolves with the check that the restored resource has to pass. */
  async #takeSnapshot(): Promise<((resource: R) => MaybePromise<void>) | undefined> {
    const { resource: old } = this
    const gate = this.#gate
    const [ctx, verbs] = [this.#ctx, this.#verbs]
    await holdWrites(gate, ctx)
    const { meaning } = verbs
    let check: ((resource: R) => MaybePromise<void>) | undefined
    if (meaning) {
      const observed = await ctx.call('observe', () => meaning.observe(old, ctx), { side: 'old' })
      check = (resource) => meaning.verify(resource, observed, ctx)
    }
    const isolated = synchronous(verbs.isolated?.(old), 'isolated()', 'it is asked while writes are held') === true
    const pending = ctx.call('persist', () => verbs.snapshot(old, ctx), {
      discard: (late) => verbs.discard?.(late),
      side: 'old',
    })
    if (isolated) gate.record()
    this.#taken = { image: await pending }
    if (!isolated) gate.record()
    return check
  }

  get #agrees(): boolean {
    return this.#verbs.agree === undefined || this.#agreedAfter === this.#replay.applied
  }

  /** Compares before the commit, so that only writers of this resource are held for it, and mostly not again later. */
  async #agreeUnderLoad(resource: R): Promise<void> {
    const gate = this.#gate
    await holdWrites(gate, this.#ctx)
    await this.#replay.underHold(resource)
    await this.#agree(resource)
    gate.record()
  }

  async #agree(resource: R): Promise<void> {
    if (this.#agrees) return
    await this.#ctx.judge('verify', () => this.#verbs.agree?.(this.resource, resource, this.#ctx))
    this.#agreedAfter = this.#replay.applied
  }

  #restore(image: I): MaybePromise<R> {
    const [job, ctx, verbs] = [this.#job as HandoffJob<P, R>, this.#ctx, this.#verbs]
    return openedAtOnce(verbs.restore(job.next, image, ctx), {
      job,
      serving: this.resource,
      methods: verbs.methods,
      close: (resource) => this.#close(resource),
      unclean: (error) => {
        ctx.unclean('close', error)
      },
    })
  }

  #close(resource: R): MaybePromise<void> {
    return this.#verbs.close?.(resource)
  }

  #dispose(owner: { readonly resource: R } | undefined): Promise<void> {
    const [ctx, verbs, taken] = [this.#ctx, this.#verbs, this.#taken]
    const undos: (() => Promise<void>)[] = []
    if (owner !== undefined) undos.push(() => ctx.call('close', () => verbs.close?.(owner.resource)))
    if (taken !== undefined && verbs.discard !== undefined) {
      undos.push(() => ctx.call('discard image', () => verbs.discard?.(taken.image)))
    }
    return attemptAll(undos, 'disposing of a resource and its image failed')
  }
}

function moveStopped<P, R, I, E>(
  job: HandoffJob<P, R>,
  ctx: StepContext,
  verbs: PreCopyVerbs<P, R, I, E>,
): ResourceHandoff<R> {
  interface Stopped {
    readonly image: I
    readonly check?: (resource: R) => MaybePromise<void>
  }
  const close = (resource: R): MaybePromise<void> => verbs.close?.(resource)
  return stopAndCopy<P, R, Stopped>(job, ctx, {
    async checkpoint(resource) {
      const { meaning } = verbs
      if (!meaning) return { image: await verbs.snapshot(resource, ctx) }
      const observed = await meaning.observe(resource, ctx)
      return {
        image: await verbs.snapshot(resource, ctx),
        check: (restored) => meaning.verify(restored, observed, ctx),
      }
    },
    stop: close,
    start: (provider, { image }) => verbs.restore(provider, image, ctx),
    verify: (restored, { check }) => check && ctx.judge('verify', () => check(restored)),
    discard: ({ image }) => verbs.discard?.(image),
    ...(verbs.methods && { methods: verbs.methods }),
  })
}
