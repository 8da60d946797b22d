import type { HandoffStrategy } from '@uni/reload-core'
import type { BackgroundJobProvider } from '@uni/reload-core/surfaces'
import type { StrategySubject } from '@uni/reload-core/testing'
import { job, jobsHandoff, type JobBackend, type PayloadSchema } from '@uni/reload-jobs'

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
  const inForce = new Map<string, string>()
  const queue: JobBackend = {
    label: 'queue in memory',
    prefix: '',
    async *waiting() {
      for (const payload of [1, 2]) yield { jobs: [{ id: `${payload}`, payload }], lookedAt: 1 }
    },
    checkSchedule() {},
    committed({ schedules }) {
      for (const [name, schedule] of schedules) {
        if (schedule === undefined) inForce.delete(name)
        else inForce.set(name, schedule)
      }
    },
    ended() {},
  }
  const subject: StrategySubject<BackgroundJobProvider> = {
    scene() {
      inForce.clear()
      const log: number[] = []
      const answered = new Map<string, number>()
      return {
        provider: (name, version) =>
          job({
            name,
            schema: numbers,
            schedule: scheduleOf(version),
            run() {
              log.push(version)
            },
          }),
        async answer(provider) {
          await provider.run({ input: 1, id: '1', attempt: 1, signal: new AbortController().signal })
          const version = log.at(-1) ?? 0
          answered.set(provider.name, version)
          return version
        },
        breaches: () =>
          Array.from(answered)
            .filter(([name, version]) => inForce.get(name) !== scheduleOf(version))
            .map(([name, version]) => `${name} is of version ${version}, and is run by ${inForce.get(name)}`),
      }
    },
  }
  return { strategy: jobsHandoff(queue), subject }
}

function scheduleOf(version: number): string {
  return `0 ${version} * * *`
}
