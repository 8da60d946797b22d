import type { Plugin } from '@uni/reload-core'
import { indexKind } from '@uni/reload-index'
import { FulltextV2 } from './v2.js'

/** Never opens anything, and does not listen when it is told to give up. */
export function hangsInOpen(): Plugin {
  return {
    manifest: { id: 'fulltext', version: '3.0.0', capabilities: [indexKind.id] },
    register: (registrar) => {
      registrar.provide(indexKind, new HangsInOpen())
    },
  }
}

class HangsInOpen extends FulltextV2 {
  override readonly version = '3.0.0'

  override open(): Promise<never> {
    return new Promise(() => {})
  }
}
