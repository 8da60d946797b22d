import { isPromiseLike, type MaybePromise } from '../maybe-promise.js'

/**
 * Waits for `start()` no longer than until `signal` fires, then rejects with the signal's reason. A late completion is
 * inert (I8): what it produced goes to `discard`, and what that throws to `unclean`; what it throws itself is dropped.
 */
export function abandonable<T>(
  start: () => MaybePromise<T>, signal: AbortSignal, discard?: (late: T) => MaybePromise<void>,
  unclean?: (error: unknown) => void,
): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    if (signal.aborted) {
      reject(signal.reason)
      return
    }
    let outcome: MaybePromise<T>
    try {
      outcome = start()
    } catch (error) {
      reject(error)
      return
    }
    if (!isPromiseLike(outcome)) {
      resolve(outcome)
      return
    }
    let abandoned = false
    const abandon = (): void => {
      abandoned = true
      reject(signal.reason)
    }
    signal.addEventListener('abort', abandon, { once: true })
    // A synchronous part that aborted its own signal has fired before the listener was there.
    if (signal.aborted) abandon()
    outcome.then(
      (value) => {
        signal.removeEventListener('abort', abandon)
        if (abandoned) void disposeLate(value, discard, unclean)
        else resolve(value)
      },
      (error: unknown) => {
        signal.removeEventListener('abort', abandon)
        reject(error)
      },
    )
  })
}

async function disposeLate<T>(
  value: T, discard: ((late: T) => MaybePromise<void>) | undefined, unclean: ((error: unknown) => void) | undefined,
): Promise<void> {
  try {
    await discard?.(value)
  } catch (error) {
    // The step it belonged to has failed and been reported already.
    unclean?.(error)
  }
}
