import type { Plugin } from '@uni/reload-core'
import type { MemoryProvider } from '@uni/reload-state'
import { z } from 'zod'
import { drafts, type Draft } from './contract.js'

/** The same drafts, each of which is another list once a line was added. */
export function draftsV2(): Plugin {
  return {
    manifest: { id: 'drafts', version: '2.0.0', capabilities: [drafts.id] },
    register: (registrar) => {
      registrar.provide(drafts, new DraftsV2())
    },
  }
}

export class DraftsV2 implements MemoryProvider<Draft, string> {
  readonly version: string = '2.0.0'
  readonly name = 'draft'
  readonly schema: z.ZodType<Draft> = z.array(z.string())

  initial(): Draft {
    return []
  }

  apply(draft: Draft, line: string): Draft {
    return [...draft, line]
  }
}
