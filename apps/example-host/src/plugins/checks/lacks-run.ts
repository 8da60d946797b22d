import type { Plugin } from '@uni/reload-core'
import { hook } from '@uni/reload-core/surfaces'
import { CHECKS } from './check.js'

/** Leaves out the method of the contract, as a plugin in plain JavaScript may. */
export function lacksRun(): Plugin {
  return {
    manifest: { id: 'checks', version: '3.0.0', capabilities: [hook.id] },
    register: (registrar) => {
      for (const name of Object.keys(CHECKS))
        registrar.provide(hook, { version: '3.0.0', hook: 'visit', name } as never)
    },
  }
}
