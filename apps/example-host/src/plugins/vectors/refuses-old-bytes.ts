import type { Plugin } from '@uni/reload-core'
import { indexKind } from '@uni/reload-index'
import { VectorsV2 } from './v2.js'

const OWN_FORMAT = 3

/** Reads images of a format that no version before it wrote. */
export function refusesOldBytes(directory: string): Plugin {
  return {
    manifest: { id: 'vectors', version: '3.0.0', capabilities: [indexKind.id] },
    register: (registrar) => {
      registrar.provide(indexKind, new RefusesOldBytes(directory))
    },
  }
}

class RefusesOldBytes extends VectorsV2 {
  override readonly version = '3.0.0'

  protected override documentsOf(format: number): never {
    throw new Error(`expected an image of format ${OWN_FORMAT}, found format ${format}`)
  }
}
