import { isPromiseLike, type MaybePromise } from '../maybe-promise.js'
import type { HandoffJob } from '../strategy.js'

export interface OpenedOptions<R> {
  /** The job it was opened for, which claims it. */
  readonly job?: Pick<HandoffJob<never, R>, 'claim'>
  /** The resource that still serves: were it handed over to itself, it would be closed while it serves. */
  readonly serving?: R
  /** Names of the methods that a resource must have. */
  readonly methods?: readonly (keyof R & string)[] | undefined
  /** Closes what opened and is of no use. */
  close?(misfit: R): MaybePromise<void>
  /** Told what that failed with. */
  unclean?(error: unknown): void
}

/**
 * What a provider opened, held to being a live resource.
 *
 * @throws ReloadError `DUPLICATE` where the object is another live resource already, which is not closed.
 * @throws TypeError for nothing at all, for the serving resource, and for one without its methods, which is closed
 * again.
 */
export async function opened<R>(resource: MaybePromise<R>, options: OpenedOptions<R> = {}): Promise<R> {
  return openedAtOnce(resource, options)
}

/** The same, which gives no promise where the provider gave none: nobody waits for what is there. */
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
    // It may have held something all the same; what is wrong with it is being reported already.
    unclean?.(error)
  }
  throw new TypeError(`expected a live resource with ${methods.join(', ')}, and got one without ${missing.join(', ')}`)
}
