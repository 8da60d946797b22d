import { parseCronItem, type JobHelpers, type ParsedCronItem, type Task, type TaskList } from 'graphile-worker'
import { checkOptions, option, type OptionChecks } from '@uni/reload-core'
import type { JobBackend } from '../backend.js'
import { runAttempt, type JobHost } from '../run-attempt.js'
import { withoutCron } from './payload.js'
import { waitingIn, type Queryable } from './waiting.js'

export interface GraphileJobsOptions {
  /** What the names of its providers begin with, and those of its tasks do not. Default: nothing. */
  readonly prefix?: string | undefined
  /** The schema of graphile-worker in the database. Default `graphile_worker`. */
  readonly schema?: string | undefined
  /** How far back, in milliseconds, runs by schedule are made up for that were due while no runner was. Default 0. */
  readonly backfillMs?: number | undefined
}

const OPTIONS: OptionChecks<GraphileJobsOptions> = {
  prefix: option.string,
  schema: option.text,
  backfillMs: option.count(0),
}

/** What a runner is to run, for the options of `run`: both are kept up to date while it runs. */
export interface RunnerJobs {
  readonly taskList: TaskList
  readonly parsedCronItems: ParsedCronItem[]
}

/** The jobs of a graphile-worker: for `jobsHandoff`, and for its runners. */
export interface GraphileJobs extends JobBackend {
  /**
   * What a runner is to run: each attempt by the version that serves when it begins, and what is scheduled by the schedules
   * of the version that serves when it is due.
   */
  runnerJobs(host: JobHost): RunnerJobs
}

/** graphile-worker refuses to begin without a task, and to go on where there is none any more. */
const NO_TASK = 'uni-reload/none'

/** @param pool a `Pool` of `pg`, by which what waits is read. It is not ended. */
export function graphileJobs(pool: Queryable, options?: GraphileJobsOptions): GraphileJobs {
  const {
    prefix = '',
    schema = 'graphile_worker',
    backfillMs = 0,
  } = checkOptions(options, 'graphileJobs options', OPTIONS)
  const names = new Set<string>()
  const items = new Map<string, ParsedCronItem>()
  const runners: { readonly jobs: RunnerJobs; readonly host: JobHost }[] = []

  const taskOf =
    (name: string, host: JobHost): Task =>
    (payload, { job, abortSignal }: JobHelpers) =>
      runAttempt(host, prefix + name, {
        input: withoutCron(payload),
        id: String(job.id),
        attempt: job.attempts,
        progress: async () => {},
        signal: abortSignal,
      }).then(() => {})

  /** Both are read by graphile-worker anew each time. */
  function bringUpToDate({ jobs: { taskList, parsedCronItems }, host }: (typeof runners)[number]): void {
    for (const name of Object.keys(taskList)) if (name !== NO_TASK && !names.has(name)) delete taskList[name]
    for (const name of names) taskList[name] ??= taskOf(name, host)
    parsedCronItems.splice(0, parsedCronItems.length, ...items.values())
  }

  return {
    label: 'graphile-worker',
    prefix,
    waiting: (name, signal) => waitingIn(pool, schema, name, signal),
    checkSchedule: (match) => void parseCronItem({ task: 'checked', match }),
    committed({ added, removed, schedules }) {
      for (const name of added) names.add(name)
      for (const name of removed) names.delete(name)
      for (const [name, match] of schedules) {
        if (match === undefined) items.delete(name)
        else items.set(name, parseCronItem({ task: name, match, options: { backfillPeriod: backfillMs } }))
      }
      runners.forEach(bringUpToDate)
    },
    ended() {
      items.clear()
      runners.forEach(bringUpToDate)
    },
    runnerJobs(host) {
      const runner = { jobs: { taskList: { [NO_TASK]: () => {} }, parsedCronItems: [] }, host }
      bringUpToDate(runner)
      runners.push(runner)
      return runner.jobs
    },
  }
}
