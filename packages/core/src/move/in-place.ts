import type { MaybePromise } from '../maybe-promise.js'
import type {
  CompatVerdict,
  HandoffJob,
  HandoffStrategy,
  IntactResource,
  ProviderPair,
  ResourceHandoff,
  StepContext,
} from '../strategy.js'
import type { Surface } from '../surface.js'
import { isVerdict } from '../is-verdict.js'
import { holdOrAbandon } from './hold-writes.js'
import { opened } from './opened.js'

/**
 * What a kind supplies for live resources that stay in place: see {@link inPlaceHandoff}. `V` is what `observe` gives.
 */
export interface InPlaceVerbs<P, R, V = unknown> {
  /**
   * Gives what `judge` and `verify` go by, such as a copy of the resource's content. Called between two writes. It must
   * not call a provider: one that hangs would keep writers waiting. Needed where there is a `judge` or a `verify`.
   */
  observe?(resource: R): MaybePromise<V>
  /**
   * Judges by value whether `next` can go on with what was observed of a resource. Default: the verdict is `unjudged`.
   */
  judge?(observed: V, next: P, ctx: StepContext): MaybePromise<CompatVerdict>
  /**
   * Gives the object by which `next` works with the same data. It must neither copy nor change anything, as the old
   * view serves until the commit. The new view must not act by itself before `activate`. Default: the same object.
   */
  view?(resource: R, next: P): MaybePromise<R>
  /**
   * Resolves once a new view has done what it puts off to later turns of the event loop, such as repairs of the data.
   * Called before `verify`, while writes go on. Default: nothing is put off.
   */
  settle?(view: R): MaybePromise<void>
  /**
   * Compares the new view with the one that serves, by what was observed of both between the same two writes. What it
   * throws fails the reload, unless an operator accepts the key. Not called where both are the same object.
   */
  verify?(view: V, serving: V, ctx: StepContext): MaybePromise<void>
  /**
   * Disposes of a view that no longer serves, or never will. The data stays open: the host closes it. Not called where
   * old and new are the same object.
   */
  release?(view: R): MaybePromise<void>
  /** As in {@link HandoffStrategy.activate}. */
  activate?(resource: R): void
  /** As in {@link HandoffStrategy.deactivate}. */
  deactivate?(resource: R): void
  /** Methods that a view must have. A new one without them fails the reload (I10). */
  readonly methods?: readonly (keyof R & string)[] | undefined
}

/**
 * The discipline of resources that belong to the host and outlive every version of their plugin: sockets, a pool, the
 * documents of a server that somebody else runs. Each is judged by what it holds, and the next version works with it
 * from the commit on. Nothing is copied; writes are held only while `verify` needs both views observed.
 */
export function inPlaceHandoff<P, R, W, V>(
  surface: Surface<P, R, W>,
  verbs: InPlaceVerbs<P, R, V> = {},
): HandoffStrategy<P, R, W> {
  const { activate, deactivate } = verbs
  return {
    surface,
    discipline: 'clean',
    checkCompat: (pair, ctx) => judgeInPlace(pair, ctx, verbs),
    handoff: (job, ctx) => handOverInPlace(job, ctx, verbs),
    close: (resource) => verbs.release?.(resource),
    ...(activate && { activate: (resource: R) => activate.call(verbs, resource) }),
    ...(deactivate && { deactivate: (resource: R) => deactivate.call(verbs, resource) }),
  }
}

const GRAVITY: Record<CompatVerdict['level'], number> = { compatible: 0, unjudged: 1, migrate: 2, incompatible: 3 }

/** The gravest verdict on any of the live resources. */
async function judgeInPlace<P, R, V>(
  { live, next }: ProviderPair<P, R>,
  ctx: StepContext,
  verbs: InPlaceVerbs<P, R, V>,
): Promise<CompatVerdict> {
  if (verbs.judge === undefined) return { level: 'unjudged', reason: 'the strategy of this surface has no judge' }
  const slices = ctx.slices()
  let gravest: CompatVerdict = { level: 'compatible' }
  for (const { name, use } of live) {
    const observed = (await use((resource) => verbs.observe?.(resource))) as V
    ctx.signal.throwIfAborted()
    const verdict = await verbs.judge(observed, next, ctx)
    if (!isVerdict(verdict)) throw new TypeError(`the judgement on resource "${name}" is not a verdict`)
    if (GRAVITY[verdict.level] > GRAVITY[gravest.level]) {
      gravest = 'reason' in verdict ? { ...verdict, reason: `resource "${name}": ${verdict.reason}` } : verdict
    }
    if (slices.due()) await slices.pause()
  }
  return gravest
}

function handOverInPlace<P, R, V>(
  job: HandoffJob<P, R>,
  ctx: StepContext,
  verbs: InPlaceVerbs<P, R, V>,
): ResourceHandoff<R> {
  const { gate, next, standby } = job
  const old = gate.resource
  const intact: IntactResource<R> = { resource: old, release: async () => {} }
  let successor: { readonly resource: R } | undefined
  const release = async (view: R): Promise<void> => {
    if (verbs.release) await ctx.call('release', () => verbs.release?.(view))
  }
  /** Observes `view` and what serves, between the same two writes. */
  const observeBoth = async (view: R): Promise<[V, V]> => {
    await holdOrAbandon(gate, ctx)
    try {
      const observe = async (of: R): Promise<V> => (await verbs.observe?.(of)) as V
      return await ctx.call('observe', async () => [await observe(view), await observe(old)])
    } finally {
      gate.release()
    }
  }
  if (standby !== undefined) return standby.handBack(ctx, { writes: 'shared', close: release })
  return {
    // An abandoned write changes the same data if it goes on, so a version whose calls hang can be replaced.
    withoutOld: true,
    async prepare() {
      const discard = (late: R): MaybePromise<void> => (late === old ? undefined : verbs.release?.(late))
      const view = (): MaybePromise<R> =>
        opened(verbs.view ? verbs.view(old, next) : old, { job, methods: verbs.methods, close: discard })
      const { resource } = (successor = { resource: await ctx.call('view', view, { discard, side: 'new' }) })
      if (verbs.verify === undefined || resource === old) return
      if (verbs.settle) await ctx.call('settle', () => verbs.settle?.(resource))
      const [shown, serving] = await observeBoth(resource)
      await ctx.judge('verify', () => verbs.verify?.(shown, serving, ctx))
    },
    successor: () => successor?.resource,
    converge: async () => successor?.resource as R,
    async rollback() {
      gate.release()
      const view = successor?.resource
      if (view !== undefined && view !== old) await release(view)
    },
    async finalize() {
      if (successor?.resource !== old) await release(old)
    },
    intact,
  }
}
