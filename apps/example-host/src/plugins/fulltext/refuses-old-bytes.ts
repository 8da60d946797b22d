import type { Plugin } from '@uni/reload-core'
import { indexKind } from '@uni/reload-index'
import { FulltextV2 } from './v2.js'

/** Reads only images of a format that no earlier version wrote. */
export function refusesOldBytes(): Plugin {
  return {
    manifest: { id: 'fulltext', version: '3.0.0', capabilities: [indexKind.id] },
    register: (registrar) => {
      registrar.provide(indexKind, new RefusesOldBytes())
    },
  }
}

class RefusesOldBytes extends FulltextV2 {
  override readonly version = '3.0.0'

  override async open(): Promise<never> {
    throw new Error('expected an image of format 2, found one of format 1')
  }
}
