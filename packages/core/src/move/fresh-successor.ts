import type { MaybePromise } from '../maybe-promise.js'
import type { HandoffJob, IntactResource, ResourceHandoff, StepContext } from '../strategy.js'
import { openedAtOnce } from './opened.js'

export interface FreshSuccessorOptions<R> {
  /** Opens the new resource, with the new provider. */
  open(): MaybePromise<R>
  close(resource: R): MaybePromise<void>
  /** Methods that the new resource must have. */
  readonly methods?: readonly (keyof R & string)[]
  /** As in {@link ResourceHandoff.withoutOld}. Default false. */
  readonly withoutOld?: boolean
  /** Holds writes before `open` is called. Default: they go on until the commit. */
  hold?(): Promise<void>
  /** Whether the old resource is intact. Default: it is. */
  isIntact?(): boolean
}

/** A handoff in which the new provider opens a resource of its own, and the old one is closed: nothing is moved. */
export function freshSuccessor<P, R>(
  job: HandoffJob<P, R>,
  ctx: StepContext,
  options: FreshSuccessorOptions<R>,
): ResourceHandoff<R> {
  const { gate } = job
  const old = gate.resource
  const close = (resource: R): Promise<void> => ctx.call('close', () => options.close(resource))
  const intact: IntactResource<R> = { resource: old, release: async () => {} }
  let successor: { readonly resource: R } | undefined
  const converge = async (): Promise<R> => (successor as { readonly resource: R }).resource
  const handoff: ResourceHandoff<R> = {
    withoutOld: options.withoutOld === true,
    async prepare() {
      await options.hold?.()
      const resource = await ctx.call(
        'open',
        () =>
          openedAtOnce(options.open(), {
            job,
            serving: old,
            methods: options.methods,
            close: (misfit) => options.close(misfit),
            unclean: (error) => {
              ctx.unclean('close', error)
            },
          }),
        { discard: (late) => options.close(late), side: 'new' },
      )
      successor = { resource }
    },
    // `undefined` where a wrapper has replaced `converge`, so that the wrapper's is called.
    successor() {
      return this.converge === converge ? successor?.resource : undefined
    },
    converge,
    async rollback() {
      gate.release()
      if (successor !== undefined) await close(successor.resource)
    },
    finalize: () => close(old),
  }
  // V8 makes a getter that is written in a literal in old space, with all that it refers to.
  return Object.defineProperty(handoff, 'intact', {
    enumerable: true,
    get: () => (options.isIntact?.() === false ? undefined : intact),
  })
}
