import { LoadError } from './errors.js'

/** @throws LoadError `ABORTED` where the caller has given up. */
export function refuseAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted !== true) return
  throw new LoadError('ABORTED', 'the signal of the load fired', { cause: signal.reason })
}
