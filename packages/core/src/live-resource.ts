import type { MaybePromise } from './maybe-promise.js'
import type { Opening } from './strategy.js'

/** Options of one write or use of a live resource, for the time in which it is queued. */
export interface QueueOptions {
  /**
   * Takes the call out of the queue: it is refused (`ABORTED`), and nothing of it was applied. One that has begun goes
   * on, and settles as ever.
   */
  readonly signal?: AbortSignal | undefined
}

/** A live resource as the host that attached it works with it: it stays the same object from version to version. */
export interface LiveResource<R, W> {
  readonly name: string
  /**
   * Applies one write: in order, recorded during a copy, held during the swap. Resolves when the serving resource has
   * accepted it, rejects with what the resource threw. Its promise is what bounds the writes that wait: await it.
   *
   * @throws ReloadError `STEP_TIMEOUT` where its outcome is unknown. Where nothing of it was applied: `RESOURCE_STUCK`
   * and `RESOURCE_HALTED` (both retryable), `RESOURCE_REENTERED`, `RESOURCE_CLOSED`, `ABORTED`.
   */
  write(write: W, options?: QueueOptions): Promise<void>
  /**
   * Calls `fn` between two writes, after any hold: for calls that are not writes, such as a checkpoint. What `fn`
   * starts may neither write to this resource nor use it before `fn` is over: it is refused (`RESOURCE_REENTERED`), as
   * it would wait for itself.
   *
   * @throws ReloadError as {@link write} does.
   */
  use<T>(fn: (resource: R) => MaybePromise<T>, options?: QueueOptions): Promise<T>
  /**
   * Takes the resource out of service, which frees its name; also during a reload, up to its last hold. It is closed
   * once no lease reaches it.
   */
  detach(): Promise<Detached>
}

/** A resource that is out of service. */
export interface Detached {
  /** Settles when it is closed. Rejects with what that failed with, which the observer is told as well (`unclean`). */
  readonly finalized: Promise<void>
}

/** A live resource that is to be opened. */
export interface OpenOptions<P, R> {
  /** Unique on the surface. */
  readonly name: string
  /** The key of the provider that opens it. */
  readonly key: string
  open(provider: P, opening: Opening): MaybePromise<R>
}

/** As `attach` takes it. */
export interface AttachOptions<P, R> extends OpenOptions<P, R> {
  /** Gives the attach up (`ABORTED`), until the resource is in service: what was opened is closed. */
  readonly signal?: AbortSignal | undefined
}
