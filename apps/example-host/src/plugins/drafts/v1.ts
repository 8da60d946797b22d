import type { Plugin } from '@uni/reload-core'
import type { MemoryProvider } from '@uni/reload-state'
import { z } from 'zod'
import { drafts, type Draft } from './contract.js'

/** Drafts, one for each name, whose lines are added in place. */
export function draftsV1(): Plugin {
  return {
    manifest: { id: 'drafts', version: '1.0.0', capabilities: [drafts.id] },
    register: (registrar) => {
      registrar.provide(drafts, new DraftsV1())
    },
  }
}

class DraftsV1 implements MemoryProvider<Draft, string> {
  readonly version = '1.0.0'
  readonly name = 'draft'
  readonly schema = z.array(z.string())

  initial(): Draft {
    return []
  }

  apply(draft: string[], line: string): void {
    draft.push(line)
  }
}
