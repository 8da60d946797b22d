import type { Plugin } from '@uni/reload-core'
import { backgroundJob } from '@uni/reload-core/surfaces'
import { HousekeepingV2 } from './v2.js'

/** Renamed between two versions: to the host, another plugin. */
export function changesItsId(onRun: (version: string) => void): Plugin {
  return {
    manifest: { id: 'house-keeping', version: '3.0.0', capabilities: [backgroundJob.id] },
    register: (registrar) => {
      registrar.provide(backgroundJob, new ChangesItsId(onRun))
    },
  }
}

class ChangesItsId extends HousekeepingV2 {
  override readonly version = '3.0.0'
}
