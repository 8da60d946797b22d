import type { Plugin } from '@uni/reload-core'
import { backgroundJob, type BackgroundJobProvider } from '@uni/reload-core/surfaces'

/** A job that the host runs every second, and that says which version ran. */
export function housekeepingV1(onRun: (version: string) => void): Plugin {
  return {
    manifest: { id: 'housekeeping', version: '1.0.0', capabilities: [backgroundJob.id] },
    register: (registrar) => {
      registrar.provide(backgroundJob, new HousekeepingV1(onRun))
    },
  }
}

class HousekeepingV1 implements BackgroundJobProvider {
  readonly version = '1.0.0'
  readonly name = 'housekeeping'
  /** A cron expression of six fields, the first of them seconds. */
  readonly schedule = '* * * * * *'
  readonly #onRun: (version: string) => void

  constructor(onRun: (version: string) => void) {
    this.#onRun = onRun
  }

  run(): void {
    this.#onRun(this.version)
  }
}
