import type { Plugin } from '@uni/reload-core'
import { backgroundJob, type BackgroundJobProvider } from '@uni/reload-core/surfaces'

/** The same job, which does not begin what it was told to give up. */
export function housekeepingV2(onRun: (version: string) => void): Plugin {
  return {
    manifest: { id: 'housekeeping', version: '2.0.0', capabilities: [backgroundJob.id] },
    register: (registrar) => {
      registrar.provide(backgroundJob, new HousekeepingV2(onRun))
    },
  }
}

export class HousekeepingV2 implements BackgroundJobProvider {
  readonly version: string = '2.0.0'
  readonly name = 'housekeeping'
  /** A cron expression of six fields, the first of them seconds. */
  readonly schedule = '* * * * * *'
  readonly #onRun: (version: string) => void

  constructor(onRun: (version: string) => void) {
    this.#onRun = onRun
  }

  async run({ signal }: { readonly signal: AbortSignal }): Promise<void> {
    signal.throwIfAborted()
    this.#onRun(this.version)
  }
}
