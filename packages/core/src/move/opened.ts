import { isPromiseLike, type MaybePromise } from '../maybe-promise.js'
import type { HandoffJob } from '../strategy.js'

export interface OpenedOptions<R> {
  /** The job that the resource was opened for. It claims the resource. */
  readonly job?: Pick<HandoffJob<never, R>, 'claim'> | undefined
  /** The old resource. It is refused as its own successor, since it would be closed while it serves. */
  readonly serving?: R | undefined
  /** Names of the methods that a resource must have. */
  readonly methods?: readonly (keyof R & string)[] | undefined
  /** Closes a resource that was opened and cannot be used. */
  readonly close?: ((misfit: R) => MaybePromise<void>) | undefined
  /** Called with what `close` threw. */
  readonly unclean?: ((error: unknown) => void) | undefined
}

/**
 * Resolves with what a provider opened, once it has been checked and claimed.
 *
 * @throws ReloadError `DUPLICATE` where the object is another live resource. It is not closed.
 * @throws TypeError for `undefined`, `null` and `serving`, which are not closed, and for a resource that lacks one of
 * `methods`, which is.
 */
export async function opened<R>(resource: MaybePromise<R>, options: OpenedOptions<R> = {}): Promise<R> {
  return openedAtOnce(resource, options)
}

/**
 * Like {@link opened}, but returns a promise only where the provider did, or where a resource that lacks methods is
 * being closed.
 */
export function openedAtOnce<R>(resource: MaybePromise<R>, options: OpenedOptions<R>): MaybePromise<R> {
  return isPromiseLike(resource)
    ? Promise.resolve(resource).then((value) => accept(value, options))
    : accept(resource, options)
}

function accept<R>(value: R, options: OpenedOptions<R>): MaybePromise<R> {
  const { job, serving, methods = [] } = options
  if (value === undefined || value === null) throw new TypeError(`expected a live resource, and got ${String(value)}`)
  if (value === serving) throw new TypeError('expected a live resource of the new version, and got the old one itself')
  job?.claim?.(value)
  return methods.every((method) => typeof value[method] === 'function') ? value : refuse(value, methods, options)
}

async function refuse<R>(
  misfit: R,
  methods: readonly (keyof R & string)[],
  { close, unclean }: OpenedOptions<R>,
): Promise<never> {
  const missing = methods.filter((method) => typeof misfit[method] !== 'function')
  try {
    await close?.(misfit)
  } catch (error) {
    // A misfit that was not closed may hold on to something. That does not replace the error thrown below.
    unclean?.(error)
  }
  throw new TypeError(`expected a live resource with ${methods.join(', ')}, and got one without ${missing.join(', ')}`)
}
