import type { MaybePromise } from '../maybe-promise.js'
import type { HandoffJob, HandoffStrategy, ResourceHandoff, StepContext } from '../strategy.js'
import type { Surface } from '../surface.js'
import { opened } from './opened.js'
import { stopAndCopy } from './stop-and-copy.js'

export interface CleanHandoffOptions<P, R> {
  /** Opens the resource `name` with a provider. Default: as the host opened it when it attached it. */
  open?(provider: P, name: string): MaybePromise<R>
  close?(resource: R): MaybePromise<void>
}

/**
 * The discipline of a surface that needs no protocol step: the epoch swap is the whole of it. Where its providers spawn
 * live resources, the new provider opens its own, and the old one serves its leases until drained and is then closed.
 */
export function cleanHandoff<P, R = never, W = never>(
  surface: Surface<P, R, W>, { open, close }: CleanHandoffOptions<P, R> = {},
): HandoffStrategy<P, R, W> {
  return {
    surface,
    discipline: 'clean',
    handoff: (job, ctx) => handOver(job, ctx, open, (resource) => close?.(resource)),
    close: (resource) => close?.(resource),
  }
}

function handOver<P, R>(
  job: HandoffJob<P, R>, ctx: StepContext,
  open: CleanHandoffOptions<P, R>['open'], close: (resource: R) => MaybePromise<void>,
): ResourceHandoff<R> {
  const reopen = (provider: P): MaybePromise<R> => {
    if (open) return open(provider, job.name)
    if (job.open) return job.open(provider)
    throw new Error('neither the strategy nor the host says how to open this resource')
  }
  if (job.cutover === 'exclusive' || job.gate.halted !== undefined) {
    return stopAndCopy<P, R, undefined>(job, ctx, { checkpoint: () => undefined, stop: close, start: reopen })
  }
  const { gate } = job
  const old = gate.resource
  let successor: { resource: R } | undefined
  return {
    async prepare() {
      successor = { resource: await ctx.call('open', () => opened(reopen(job.next), old), { discard: close }) }
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
  }
}
