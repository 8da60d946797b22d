import type { HandoffStrategy } from '@uni/reload-core'
import { backgroundJobHandoff, type BackgroundJobProvider } from '@uni/reload-core/surfaces'
import type { StrategySubject } from '@uni/reload-core/testing'

export interface ScheduledJobs {
  readonly strategy: HandoffStrategy<BackgroundJobProvider>
  readonly subject: StrategySubject<BackgroundJobProvider>
}

/** Jobs that enter their version in a log, each version with a schedule of its own, and who runs them by it. */
export function scheduledJobs(): ScheduledJobs {
  /** The schedules that are in force, by name, as the scheduler was told. */
  const inForce = new Map<string, string>()
  const strategy = backgroundJobHandoff({
    onSchedules(changed) {
      for (const [name, schedule] of changed) {
        if (schedule === undefined) inForce.delete(name)
        else inForce.set(name, schedule)
      }
    },
  })
  const subject: StrategySubject<BackgroundJobProvider> = {
    scene() {
      inForce.clear()
      const log: number[] = []
      const answered = new Map<string, number>()
      return {
        provider: (name, version) => ({
          name,
          schedule: scheduleOf(version),
          async run() {
            log.push(version)
          },
        }),
        async answer(provider) {
          await provider.run({ input: undefined, id: '1', attempt: 1, signal: new AbortController().signal })
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
  return { strategy, subject }
}

function scheduleOf(version: number): string {
  return `0 ${version} * * *`
}
