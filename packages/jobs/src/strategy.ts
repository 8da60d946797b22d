import { checkOptions, option, type HandoffStrategy, type OptionChecks } from '@uni/reload-core'
import { backgroundJobHandoff, type BackgroundJobProvider } from '@uni/reload-core/surfaces'
import type { JobBackend } from './backend.js'
import { JobBackends } from './backends.js'
import { judgeProvider, judgeRemoval } from './judge.js'

export interface JobsHandoffOptions {
  /**
   * How many jobs of a queue are looked at to judge one key, whatever their names. Where more wait, the verdict is
   * `unjudged` and says so. Default 10,000.
   */
  readonly limit?: number | undefined
}

const OPTIONS: OptionChecks<JobsHandoffOptions> = { limit: option.count(1) }
const BACKENDS = option.list(option.with('checkSchedule', 'committed', 'ended')) as (
  value: unknown,
  path: string,
  owner: object,
) => readonly JobBackend[]

/**
 * The strategy of the surface `backgroundJob` for jobs that come from queues and schedules. Clean: an attempt that has
 * begun ends with the version that it began with, the next one is run by the version that serves then.
 *
 * @throws TypeError where two backends have the same prefix.
 */
export function jobsHandoff(
  given: JobBackend | readonly JobBackend[] = [],
  options?: JobsHandoffOptions,
): HandoffStrategy<BackgroundJobProvider> {
  const { limit = 10_000 } = checkOptions(options, 'jobsHandoff options', OPTIONS)
  const list = BACKENDS(Array.isArray(given) ? given : [given], 'jobsHandoff backends', {})
  const backends = new JobBackends(list)
  let schedules: ReadonlyMap<string, string | undefined> = new Map()
  const { committed, ...handoff } = backgroundJobHandoff({
    onSchedules(changed) {
      schedules = changed
    },
  })
  return {
    ...handoff,
    checkCompat: ({ key, next }, ctx) => judgeProvider(backends.of(key), next, limit, ctx),
    checkAddition: ({ key, provider }, ctx) => judgeProvider(backends.of(key), provider, limit, ctx),
    checkRemoval: ({ key }, ctx) => judgeRemoval(backends.of(key), limit, ctx),
    committed(change) {
      if (change.closing) return backends.ended()
      schedules = new Map()
      committed?.(change)
      const added = new Set(change.added.keys())
      const unscheduled = Array.from(added, (key) => [key, undefined] as const)
      backends.committed({
        added,
        removed: new Set(change.removed.keys()),
        schedules: new Map([...unscheduled, ...schedules]),
      })
    },
  }
}
