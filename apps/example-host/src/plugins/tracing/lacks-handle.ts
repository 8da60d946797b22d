import type { Plugin } from '@uni/reload-core'
import { middleware } from '@uni/reload-core/surfaces'
import { LAYERS } from './trace.js'

/** Leaves out the method of the contract, as a plugin in plain JavaScript may. */
export function lacksHandle(): Plugin {
  return {
    manifest: { id: 'tracing', version: '3.0.0', capabilities: [middleware.id] },
    register: (registrar) => {
      for (const name of Object.keys(LAYERS)) registrar.provide(middleware, { version: '3.0.0', name } as never)
    },
  }
}
