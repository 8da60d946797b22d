import { ReloadError, type Clock } from '@uni/reload-core'
import { aborted, elapsed, firstOf, fulfilled } from './first-of.js'

/** How long calls of the log or the store may take. */
export interface Patience {
  readonly clock: Clock
  readonly timeoutMs: number
  /** Ends the wait at once, for calls whose answer is no longer needed. */
  readonly stop?: AbortSignal
}

/**
 * Calls the log or the store, and waits for the answer until the deadline (I8). A later answer has no effect.
 *
 * @param what the call, as an error names it, such as `log.read()`.
 * @throws ReloadError `STEP_TIMEOUT`; the reason of `stop`; otherwise what the call throws.
 */
export async function within<T>(
  what: string,
  { clock, timeoutMs, stop }: Patience,
  call: () => Promise<T>,
): Promise<T> {
  let answer: Promise<T> | undefined
  const outcome = await firstOf({
    answered: fulfilled(() => (answer = call())),
    late: elapsed(clock, timeoutMs),
    ...(stop && { stopped: aborted(stop) }),
  })
  if (outcome === 'answered') return await (answer as Promise<T>)
  if (outcome === 'stopped') throw stop?.reason
  throw new ReloadError('STEP_TIMEOUT', `${what} has not answered for ${timeoutMs} ms`, {
    hint: 'See what it waits for, or give it more time by the option timeoutMs of the pump.',
  })
}
