import { DelayedError, type Job, type Processor, type Queue } from 'bullmq'
import { checkOptions, option, type OptionChecks } from '@uni/reload-core'
import type { JobBackend } from '../backend.js'
import { warn } from '../warn.js'
import { NotBegun, runAttempt, type JobHost } from '../run-attempt.js'
import { Schedulers } from './schedulers.js'
import { isOurs } from './ticks.js'
import { waitingIn } from './waiting.js'

export interface BullmqJobsOptions {
  /** What the names of its providers begin with, and those of its jobs do not. Default: nothing. */
  readonly prefix?: string | undefined
  /** The IANA time zone of schedules. Default: that of the process. */
  readonly timezone?: string | undefined
  /** Milliseconds until a job that nobody provides is looked at again. Default 5,000. */
  readonly unprovidedMs?: number | undefined
  /** Told of what is tried again, such as a schedule that Redis does not have yet. Default: a warning of the process. */
  readonly onError?: ((error: Error) => void) | undefined
}

const OPTIONS: OptionChecks<BullmqJobsOptions> = {
  prefix: option.string,
  timezone: option.text,
  unprovidedMs: option.count(0),
  onError: option.function,
}

/** The jobs of a BullMQ queue: for `jobsHandoff`, and for its workers. */
export interface BullmqJobs extends JobBackend {
  /**
   * The processor of a `Worker` of the queue: each attempt is run by the version that serves when it begins. A job that
   * nobody provides waits, and no attempt is counted.
   */
  processor(host: JobHost): Processor
  /** Resolves when Redis has the schedules that were committed. */
  applied(): Promise<void>
}

/** @param queue is not closed. */
export function bullmqJobs(queue: Queue, options?: BullmqJobsOptions): BullmqJobs {
  const {
    prefix = '',
    timezone,
    unprovidedMs = 5000,
    onError = warn,
  } = checkOptions(options, 'bullmqJobs options', OPTIONS)
  const schedulers = new Schedulers(queue, { timezone, onError })

  async function putBack(job: Job, token: string | undefined, cause: NotBegun): Promise<never> {
    // The host has been started without the plugin, or a schedule of an earlier process is left.
    if (isOurs(job.repeatJobKey) && cause.reason === 'not-provided') await schedulers.forget(job.repeatJobKey)
    await job.moveToDelayed(Date.now() + unprovidedMs, token)
    throw new DelayedError(cause.message)
  }

  return {
    label: `BullMQ queue "${queue.name}"`,
    prefix,
    waiting: (name, signal) => waitingIn(queue, name, signal),
    checkSchedule: (pattern) => schedulers.check(pattern),
    committed: ({ schedules }) => schedulers.want(schedules),
    ended: () => schedulers.end(),
    applied: () => schedulers.applied(),
    processor: (host) => async (job: Job, token, signal) => {
      try {
        return await runAttempt(host, prefix + job.name, {
          input: job.data as unknown,
          id: job.id ?? '',
          // An attempt whose process was killed has begun, and counts.
          attempt: job.attemptsMade + job.stalledCounter + 1,
          progress: (value) => job.updateProgress(value),
          signal,
        })
      } catch (error) {
        if (error instanceof NotBegun) return putBack(job, token, error)
        throw error
      }
    },
  }
}
