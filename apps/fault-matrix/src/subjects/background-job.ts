import type { HandoffStrategy } from '@uni/reload-core'
import { backgroundJobHandoff, type BackgroundJobProvider } from '@uni/reload-core/surfaces'
import type { StrategySubject } from '@uni/reload-core/testing'
import { ScheduledVersions } from './scheduled-versions.js'

export interface ScheduledJobs {
  readonly strategy: HandoffStrategy<BackgroundJobProvider>
  readonly subject: StrategySubject<BackgroundJobProvider>
}

/** Jobs that enter their version in a log, each version with a schedule of its own, and who runs them by it. */
export function scheduledJobs(): ScheduledJobs {
  const versions = new ScheduledVersions()
  const strategy = backgroundJobHandoff({
    onSchedules(changed) {
      versions.changed(changed)
    },
  })
  const subject = versions.subject(
    (name, schedule, run) => ({
      name,
      schedule,
      async run() {
        run()
      },
    }),
    undefined,
  )
  return { strategy, subject }
}
