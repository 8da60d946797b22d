import type { Plugin } from '@uni/reload-core'
import { indexKind, type IndexHandle, type IndexImage } from '@uni/reload-index'
import { batchOf } from '../../batch-of.js'
import { changeSchema } from '../../schema.js'
import { VectorsV2 } from './v2.js'

/** Takes every image without a complaint, and begins with nothing. */
export function opensEmpty(directory: string): Plugin {
  return {
    manifest: { id: 'vectors', version: '3.0.0', capabilities: [indexKind.id] },
    register: (registrar) => {
      registrar.provide(indexKind, new OpensEmpty(directory))
    },
  }
}

class OpensEmpty extends VectorsV2 {
  override readonly version = '3.0.0'

  override async open(image: IndexImage): Promise<IndexHandle> {
    await image.file()
    return this.build(batchOf(changeSchema, [])).finalize()
  }
}
