import type { BackgroundJobProvider } from '@uni/reload-core/surfaces'
import type { StrategySubject } from '@uni/reload-core/testing'

/** Jobs that enter their version in a log, each version with a schedule of its own. */
export class ScheduledVersions {
  /** The schedules that are in force, by name, as the scheduler was told. */
  readonly #inForce = new Map<string, string>()

  /** What the scheduler is told. */
  changed(schedules: ReadonlyMap<string, string | undefined>): void {
    for (const [name, schedule] of schedules) {
      if (schedule === undefined) this.#inForce.delete(name)
      else this.#inForce.set(name, schedule)
    }
  }

  /** @param provide makes a job whose run enters its version. @param input what it is run with. */
  subject(
    provide: (name: string, schedule: string, run: () => void) => BackgroundJobProvider,
    input: unknown,
  ): StrategySubject<BackgroundJobProvider> {
    return {
      scene: () => {
        this.#inForce.clear()
        const log: number[] = []
        const answered = new Map<string, number>()
        return {
          provider: (name, version) => provide(name, scheduleOf(version), () => void log.push(version)),
          async answer(provider) {
            await provider.run({ input, id: '1', attempt: 1, signal: new AbortController().signal })
            const version = log.at(-1) ?? 0
            answered.set(provider.name, version)
            return version
          },
          breaches: () =>
            Array.from(answered)
              .filter(([name, version]) => this.#inForce.get(name) !== scheduleOf(version))
              .map(([name, version]) => `${name} is of version ${version}, and is run by ${this.#inForce.get(name)}`),
        }
      },
    }
  }
}

function scheduleOf(version: number): string {
  return `0 ${version} * * *`
}
