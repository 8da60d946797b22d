import type { HandoffStrategy } from '@uni/reload-core'
import type { BackgroundJobProvider } from '@uni/reload-core/surfaces'
import type { StrategySubject } from '@uni/reload-core/testing'
import { job, jobsHandoff, type JobBackend, type PayloadSchema } from '@uni/reload-jobs'
import { ScheduledVersions } from './scheduled-versions.js'

export interface QueuedJobs {
  readonly strategy: HandoffStrategy<BackgroundJobProvider>
  readonly subject: StrategySubject<BackgroundJobProvider>
}

const numbers: PayloadSchema<number | object> = {
  '~standard': {
    version: 1,
    vendor: 'fault-matrix',
    validate: (value) =>
      typeof value === 'number' || typeof value === 'object'
        ? { value: value as number | object }
        : { issues: [{ message: 'no number' }] },
  },
}

/** Jobs of a queue in memory with two payloads that wait for each, which each version is held to by its schema. */
export function queuedJobs(): QueuedJobs {
  const versions = new ScheduledVersions()
  const queue: JobBackend = {
    label: 'queue in memory',
    prefix: '',
    async *waiting() {
      for (const payload of [1, 2]) yield { jobs: [{ id: `${payload}`, payload }], lookedAt: 1 }
    },
    checkSchedule() {},
    committed({ schedules }) {
      versions.changed(schedules)
    },
    ended() {},
  }
  const subject = versions.subject((name, schedule, run) => job({ name, schema: numbers, schedule, run }), 1)
  return { strategy: jobsHandoff(queue), subject }
}
