import type { MaybePromise } from '../maybe-promise.js'
import type { HandoffJob, HandoffStrategy, ResourceHandoff, StepContext } from '../strategy.js'
import type { Surface } from '../surface.js'
import { opened } from './opened.js'
import { stopAndCopy } from './stop-and-copy.js'
import { whileHalted } from './while-halted.js'

export interface CleanHandoffOptions<P, R> {
  /** Opens the resource `name` with a provider. Default: as the host opened it when it attached it. */
  open?(provider: P, name: string): MaybePromise<R>
  close?(resource: R): MaybePromise<void>
  /** Names of the methods a live resource must have: a reload is not to succeed with one that cannot be used (I10). */
  methods?: readonly (keyof R & string)[]
}

/**
 * The discipline of a surface that needs no protocol step: the epoch swap is the whole of it. Where its providers spawn
 * live resources, the new provider opens its own, and the old one serves its leases until drained and is then closed.
 */
export function cleanHandoff<P, R = never, W = never>(
  surface: Surface<P, R, W>, { open, close, methods = [] }: CleanHandoffOptions<P, R> = {},
): HandoffStrategy<P, R, W> {
  return {
    surface,
    discipline: 'clean',
    handoff: (job, ctx) => handOver(job, ctx, { open, methods, close: (resource) => close?.(resource) }),
    close: (resource) => close?.(resource),
  }
}

interface CleanVerbs<P, R> {
  readonly open: CleanHandoffOptions<P, R>['open']
  readonly methods: readonly (keyof R & string)[]
  close(resource: R): MaybePromise<void>
}

function handOver<P, R>(
  job: HandoffJob<P, R>, ctx: StepContext, { open, close, methods }: CleanVerbs<P, R>,
): ResourceHandoff<R> {
  const openAny = (provider: P): MaybePromise<R> => {
    if (open) return open(provider, job.name)
    if (job.open) return job.open(provider)
    throw new Error('neither the strategy nor the host says how to open this resource')
  }
  if (job.cutover === 'exclusive' || job.gate.halted !== undefined) {
    const stopped = stopAndCopy<P, R, undefined>(job, ctx, { checkpoint: () => undefined, stop: close, start: openAny, methods })
    return job.cutover === 'exclusive' ? stopped : whileHalted(job.gate, stopped)
  }
  const { gate, kept } = job
  const old = gate.resource
  if (kept !== undefined) return serveAgain(job, kept, () => ctx.call('close', () => close(old)))
  let successor: { resource: R } | undefined
  return {
    async prepare() {
      successor = { resource: await ctx.call('open', () => opened(openAny(job.next), { serving: old, methods, close }), { discard: close }) }
    },
    async converge() {
      return (successor as { resource: R }).resource
    },
    async rollback() {
      gate.release()
      const { resource } = successor ?? {}
      if (resource !== undefined) await ctx.call('close', () => close(resource))
    },
    finalize: () => ctx.call('close', () => close(old)),
    kept: { resource: old, release: async () => {} },
  }
}

/** Nothing was moved to the one that replaced it, so nothing is moved back. */
function serveAgain<P, R>({ gate }: HandoffJob<P, R>, kept: R, finalize: () => Promise<void>): ResourceHandoff<R> {
  return {
    converge: async () => kept,
    rollback: async () => { gate.release() },
    finalize,
  }
}
