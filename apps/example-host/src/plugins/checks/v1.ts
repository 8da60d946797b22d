import type { Plugin } from '@uni/reload-core'
import { hook, type HookProvider } from '@uni/reload-core/surfaces'
import type { Visit } from '../visits/contract.js'
import { CHECKS, type Checked } from './check.js'

/** Hooks that check each visit, one after the other. */
export function checksV1(): Plugin {
  return {
    manifest: { id: 'checks', version: '1.0.0', capabilities: [hook.id] },
    register: (registrar) => {
      for (const [name, passes] of Object.entries(CHECKS)) registrar.provide(hook, new CheckV1(name, passes))
    },
  }
}

class CheckV1 implements HookProvider<[Visit], Checked> {
  readonly version = '1.0.0'
  readonly hook = 'visit'
  readonly name: string
  readonly #passes: (visit: Visit) => boolean

  constructor(name: string, passes: (visit: Visit) => boolean) {
    this.name = name
    this.#passes = passes
  }

  run(visit: Visit): Checked {
    return { version: this.version, passed: this.#passes(visit) }
  }
}
