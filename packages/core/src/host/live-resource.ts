import type { MaybePromise } from '../maybe-promise.js'

/** A live resource as the host that attached it works with it: it stays the same object from version to version. */
export interface LiveResource<R, W> {
  readonly name: string
  /**
   * Applies one write: in order, recorded during a copy, held during the swap. Resolves when the serving resource has
   * accepted it, rejects with what the resource threw.
   *
   * @throws ReloadError `RESOURCE_CLOSED`, `RESOURCE_HALTED` (retryable), `STEP_TIMEOUT` (outcome unknown).
   */
  write(write: W): Promise<void>
  /** Calls `fn` between two writes, after any hold: for calls that are not writes, such as a checkpoint. */
  use<T>(fn: (resource: R) => MaybePromise<T>): Promise<T>
  /** Takes the resource out of service and closes it once no lease reaches it. */
  detach(): Promise<void>
}

export interface AttachOptions<P, R> {
  /** Unique on the surface. */
  readonly name: string
  /** The key of the provider that opens it. */
  readonly key: string
  open(provider: P): MaybePromise<R>
}
