import type { MaybePromise } from '../maybe-promise.js'
import type { HandoffJob } from '../strategy.js'

/** The resource of a job, opened with `provider` as the host said when it attached it. */
export function openedBy<P, R>(job: HandoffJob<P, R>, provider: P): MaybePromise<R> {
  if (job.open) return job.open(provider)
  throw new Error('neither the strategy nor the host says how to open this resource')
}
