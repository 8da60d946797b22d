import type { Plugin } from '@uni/reload-core'
import { scalarFn } from '@uni/reload-core/surfaces'
import { DistanceV2 } from './v2.js'

/** Registers well, and then does not find what it needs. */
export function failsInInit(): Plugin {
  return {
    manifest: { id: 'distance', version: '3.0.0', capabilities: [scalarFn.id] },
    register: (registrar) => {
      registrar.provide(scalarFn, new FailsInInit())
    },
    async init() {
      throw new Error('the table of ellipsoids is missing')
    },
  }
}

class FailsInInit extends DistanceV2 {
  override readonly version = '3.0.0'
}
