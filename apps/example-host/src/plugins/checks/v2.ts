import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Plugin } from '@uni/reload-core'
import { hook, type HookProvider } from '@uni/reload-core/surfaces'
import type { Visit } from '../visits/contract.js'
import { CHECKS, type Checked } from './check.js'

/** The same checks, each of which takes a turn: a commit comes in between two of them. */
export function checksV2(): Plugin {
  return {
    manifest: { id: 'checks', version: '2.0.0', capabilities: [hook.id] },
    register: (registrar) => {
      for (const [name, passes] of Object.entries(CHECKS)) registrar.provide(hook, new CheckV2(name, passes))
    },
  }
}

class CheckV2 implements HookProvider<[Visit], Promise<Checked>> {
  readonly version = '2.0.0'
  readonly hook = 'visit'
  readonly name: string
  readonly #passes: (visit: Visit) => boolean

  constructor(name: string, passes: (visit: Visit) => boolean) {
    this.name = name
    this.#passes = passes
  }

  async run(visit: Visit): Promise<Checked> {
    await nextTurn()
    return { version: this.version, passed: this.#passes(visit) }
  }
}
