import { isPromiseLike, type MaybePromise } from '../maybe-promise.js'
import type { HandoffJob } from '../strategy.js'

export interface OpenedOptions<R> {
  /** The job that the resource was opened for, which claims it. */
  readonly job?: Pick<HandoffJob<never, R>, 'claim'> | undefined
  /** The resource that serves yet. It is refused, as it would be closed while it serves as its own successor. */
  readonly serving?: R | undefined
  /** Names of the methods that a resource must have. */
  readonly methods?: readonly (keyof R & string)[] | undefined
  /** Closes a resource that was opened and cannot be used. */
  readonly close?: ((misfit: R) => MaybePromise<void>) | undefined
  /** Told what `close` failed with. */
  readonly unclean?: ((error: unknown) => void) | undefined
}

/**
 * Checks that what a provider opened is a live resource, and gives it.
 *
 * @throws ReloadError `DUPLICATE` where the object is another live resource already, which is not closed.
 * @throws TypeError for `undefined` and `null`, for the serving resource, and for one without its methods. Only the
 * last is closed again.
 */
export async function opened<R>(resource: MaybePromise<R>, options: OpenedOptions<R> = {}): Promise<R> {
  return openedAtOnce(resource, options)
}

/**
 * Like {@link opened}, but gives a promise only where the provider gave one: nobody waits for what is there already.
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
    // What is wrong with the misfit is thrown below. This is told apart, as the misfit may hold something yet.
    unclean?.(error)
  }
  throw new TypeError(`expected a live resource with ${methods.join(', ')}, and got one without ${missing.join(', ')}`)
}
