import type { Plugin } from '@uni/reload-core'
import { indexKind } from '@uni/reload-index'
import { FulltextV2 } from './v2.js'

/** Registers well, and then does not find what it needs. */
export function failsInInit(): Plugin {
  return {
    manifest: { id: 'fulltext', version: '3.0.0', capabilities: [indexKind.id] },
    register: (registrar) => {
      registrar.provide(indexKind, new FailsInInit())
    },
    init() {
      throw new Error('the list of stop words is missing')
    },
  }
}

class FailsInInit extends FulltextV2 {
  override readonly version = '3.0.0'
}
