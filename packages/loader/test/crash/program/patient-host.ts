import { PluginHost, type PluginHostOptions } from '@uni/reload-core'

/** A machine may stand still for long. */
const LONG_MS = 3_600_000

/** A host that waits for as long as it takes. */
export class PatientHost extends PluginHost {
  constructor(options: PluginHostOptions) {
    super({
      ...options,
      drain: { deadlineMs: LONG_MS },
      timeouts: {
        stage: LONG_MS,
        preflight: LONG_MS,
        converge: LONG_MS,
        rollback: LONG_MS,
        finalize: LONG_MS,
        journal: LONG_MS,
      },
    })
  }
}
