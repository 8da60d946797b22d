import type { Plugin } from '@uni/reload-core'
import { z } from 'zod'
import { drafts, type Draft } from './contract.js'
import { DraftsV2 } from './v2.js'

/** Takes no line that is longer than a few letters, whatever is in the drafts that are open. */
export function refusesOpenDrafts(): Plugin {
  return {
    manifest: { id: 'drafts', version: '3.0.0', capabilities: [drafts.id] },
    register: (registrar) => {
      registrar.provide(drafts, new RefusesOpenDrafts())
    },
  }
}

class RefusesOpenDrafts extends DraftsV2 {
  override readonly version = '3.0.0'
  override readonly schema: z.ZodType<Draft> = z.array(z.string().max(3))
}
