import type { Plugin } from '@uni/reload-core'
import { scalarFn } from '@uni/reload-core/surfaces'
import { DistanceV2 } from './v2.js'

/** Renamed between two versions: to the host, another plugin. */
export function changesItsId(): Plugin {
  return {
    manifest: { id: 'distances', version: '3.0.0', capabilities: [scalarFn.id] },
    register: (registrar) => {
      registrar.provide(scalarFn, new ChangesItsId())
    },
  }
}

class ChangesItsId extends DistanceV2 {
  override readonly version = '3.0.0'
}
