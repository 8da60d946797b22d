import type { MaybePromise } from '../maybe-promise.js'
import type { Cutover, HandoffJob, HandoffStrategy, ResourceHandoff, StepContext } from '../strategy.js'
import type { Surface } from '../surface.js'
import { freshSuccessor } from './fresh-successor.js'
import { openedBy } from './opened-by.js'
import { stopAndCopy } from './stop-and-copy.js'
import { unlessRestarted } from './unless-restarted.js'

export interface CleanHandoffOptions<P, R> {
  /** Opens the resource `name` with a provider. Default: as the host opened it when it attached it. */
  readonly open?: ((provider: P, name: string) => MaybePromise<R>) | undefined
  readonly close?: ((resource: R) => MaybePromise<void>) | undefined
  /** Methods that a live resource must have. A new one without them fails the reload (I10). */
  readonly methods?: readonly (keyof R & string)[] | undefined
  /** `exclusive`: the old resource is closed before the new one is opened, whatever the caller of a reload asks for. */
  readonly cutover?: Cutover | undefined
}

/**
 * Why a clean handoff, which copies nothing and replays nothing, loses no write of a surface that takes writes (I4):
 *
 * - `medium: 'shared'`: a write that one resource has acknowledged is seen at once by every other, whichever version
 *   opened it.
 * - `cutover: 'exclusive'`: a write that one resource has acknowledged is found by one that is opened after the first
 *   was closed.
 *
 * Where neither holds, the content is in the resource, and has to be moved: by `preCopy` or `stopAndCopy`.
 */
export type CleanWrites = { readonly medium: 'shared' } | { readonly cutover: 'exclusive' }

/** What {@link cleanHandoff} takes after the surface: {@link CleanWrites} is needed where the surface takes writes. */
export type CleanOptions<P, R, W> = [W] extends [never]
  ? [options?: CleanHandoffOptions<P, R>]
  : [options: CleanHandoffOptions<P, R> & CleanWrites]

/**
 * The discipline of a surface that needs no protocol step: the epoch swap is the whole of it. Where its providers spawn
 * live resources, the new provider opens its own, and the old one serves its leases until drained and is then closed.
 *
 * @throws TypeError where the surface takes writes and `options` are no {@link CleanWrites}.
 */
export function cleanHandoff<P, R = never, W = never>(
  surface: Surface<P, R, W>,
  ...[given]: CleanOptions<P, R, W>
): HandoffStrategy<P, R, W> {
  const options: CleanHandoffOptions<P, R> & { readonly medium?: 'shared' } = given ?? {}
  const { cutover, medium } = options
  if (surface.apply !== undefined && medium !== 'shared' && cutover !== 'exclusive') {
    throw new TypeError(
      `surface "${surface.id}" takes writes, and a clean handoff moves none: say medium: 'shared' if ` +
        "every resource sees at once what any other has acknowledged, or cutover: 'exclusive' if the next one finds it " +
        'when the old one is closed; otherwise move the content, by preCopy or stopAndCopy',
    )
  }
  const close = (resource: R): MaybePromise<void> => options.close?.(resource)
  const verbs: CleanVerbs<P, R> = { open: options.open?.bind(options), close, methods: options.methods ?? [] }
  return {
    surface,
    discipline: 'clean',
    handoff: (job, ctx) => handOver(job, ctx, verbs),
    close,
    ...(cutover && { cutover: () => cutover }),
  }
}

interface CleanVerbs<P, R> {
  readonly open: CleanHandoffOptions<P, R>['open']
  readonly methods: readonly (keyof R & string)[]
  close(resource: R): MaybePromise<void>
}

function handOver<P, R>(
  job: HandoffJob<P, R>,
  ctx: StepContext,
  { open, close, methods }: CleanVerbs<P, R>,
): ResourceHandoff<R> {
  const openAny = (provider: P): MaybePromise<R> => (open ? open(provider, job.name) : openedBy(job, provider))
  if (job.cutover === 'exclusive' || job.gate.halted !== undefined) {
    const stopped = stopAndCopy<P, R, undefined>(job, ctx, {
      checkpoint: () => undefined,
      stop: close,
      start: openAny,
      methods,
    })
    return job.cutover === 'exclusive' ? stopped : unlessRestarted(job.gate, stopped)
  }
  return (
    job.standby?.handBack(ctx, { writes: 'shared', close: (resource) => ctx.call('close', () => close(resource)) }) ??
    freshSuccessor(job, ctx, { open: () => openAny(job.next), close, methods })
  )
}
