import type { Plugin } from '@uni/reload-core'
import { visits, type Visits } from './contract.js'

/** Leaves out a method of the contract, as a plugin in plain JavaScript may. */
export function lacksApply(): Plugin {
  return {
    manifest: { id: 'visits', version: '3.0.0', capabilities: [visits.id] },
    register: (registrar) => {
      registrar.provide(visits, new LacksApply() as never)
    },
  }
}

class LacksApply {
  readonly version = '3.0.0'
  readonly name = 'visits'

  initial(): Visits {
    return new Map()
  }
}
