import { Cron } from 'croner'
import { checkOptions, option, type OptionChecks } from '@uni/reload-core'
import type { JobBackend } from '../backend.js'
import { runAttempt, type JobHost } from '../run-attempt.js'
import { warn } from '../warn.js'
import { Ticks } from './ticks.js'

export interface CronerJobsOptions {
  /** What the names of its providers begin with. Default: nothing. */
  readonly prefix?: string | undefined
  /** The IANA time zone of schedules. Default: that of the process. */
  readonly timezone?: string | undefined
  /** Whether a run is left out while an earlier one of the job is not over. Default false. */
  readonly protect?: boolean | undefined
  /** Told of a run that fails. Default: a warning of the process. */
  readonly onError?: ((error: Error, job: string) => void) | undefined
}

const OPTIONS: OptionChecks<CronerJobsOptions> = {
  prefix: option.string,
  timezone: option.text,
  protect: option.flag,
  onError: option.function,
}

/** Jobs that croner runs in this process, by the schedules of their providers. */
export interface CronerJobs extends JobBackend {
  /** Runs what is due from now on, each time by the version that serves. */
  start(host: JobHost): void
  /** Runs nothing more, and waits for the runs that have begun. */
  stop(): Promise<void>
}

export function cronerJobs(given?: CronerJobsOptions): CronerJobs {
  const { prefix = '', timezone, protect = false, onError = warn } = checkOptions(given, 'cronerJobs options', OPTIONS)
  const patterns = new Map<string, string>()
  const ticks = new Map<string, Ticks>()
  const running = new Map<string, number>()
  const runs = new Set<Promise<void>>()
  let host: JobHost | undefined
  let count = 0

  async function attempt(name: string, by: JobHost): Promise<void> {
    const key = prefix + name
    const id = `${key} ${(count += 1)}`
    try {
      await runAttempt(by, key, { input: {}, id, attempt: 1, progress: async () => {} })
    } catch (error) {
      onError(error instanceof Error ? error : new Error(`job "${key}" failed`, { cause: error }), key)
    }
  }

  function run(name: string): void {
    if (host === undefined || (protect && (running.get(name) ?? 0) > 0)) return
    running.set(name, (running.get(name) ?? 0) + 1)
    const begun = attempt(name, host).finally(() => {
      running.set(name, (running.get(name) ?? 1) - 1)
      runs.delete(begun)
    })
    runs.add(begun)
  }

  function begin(name: string, pattern: string): void {
    ticks.set(name, new Ticks(pattern, { timezone, due: () => run(name) }))
  }

  function end(): void {
    for (const it of ticks.values()) it.stop()
    ticks.clear()
    host = undefined
  }

  return {
    label: 'croner',
    prefix,
    checkSchedule(pattern) {
      if (new Cron(pattern, { paused: true, ...(timezone !== undefined && { timezone }) }).nextRun() === null)
        throw new Error('it is never due')
    },
    committed({ schedules }) {
      for (const [name, pattern] of schedules) {
        const missed = ticks.get(name)?.stop() === 'due' && pattern !== undefined
        ticks.delete(name)
        patterns.delete(name)
        if (pattern === undefined) continue
        patterns.set(name, pattern)
        if (host === undefined) continue
        // Due before the commit, and the event loop was busy.
        if (missed) queueMicrotask(() => run(name))
        begin(name, pattern)
      }
    },
    ended: end,
    start(by) {
      if (host !== undefined) throw new Error('cronerJobs: start was called before, and stop was not since')
      host = by
      for (const [name, pattern] of patterns) begin(name, pattern)
    },
    async stop() {
      end()
      await Promise.all(runs)
    },
  }
}
