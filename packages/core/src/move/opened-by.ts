import type { MaybePromise } from '../maybe-promise.js'
import type { HandoffJob } from '../strategy.js'

/** Opens the resource of `job` with `provider`, by the `open` of its attach. */
export function openedBy<P, R>(job: HandoffJob<P, R>, provider: P): MaybePromise<R> {
  if (job.open) return job.open(provider)
  throw new Error('neither the strategy nor the host says how to open this resource')
}
