import type { Plugin } from '@uni/reload-core'
import { indexKind, type IndexContext, type IndexHandle, type IndexImage } from '@uni/reload-index'
import { changeSchema, querySchema } from '../../schema.js'
import { batchOf } from '../../batch-of.js'
import { FulltextV2 } from './v2.js'

/** Opens what the old version wrote without a complaint, and has two documents out of three. */
export function losesContent(): Plugin {
  return {
    manifest: { id: 'fulltext', version: '3.0.0', capabilities: [indexKind.id] },
    register: (registrar) => {
      registrar.provide(indexKind, new LosesContent())
    },
  }
}

class LosesContent extends FulltextV2 {
  override readonly version = '3.0.0'

  override async open(image: IndexImage, ctx: IndexContext): Promise<IndexHandle> {
    const handle = await super.open(image, ctx)
    const everything = await handle.probe(batchOf(querySchema, [{ text: '' }]), Infinity)
    const thirds = [...everything].filter((_, nth) => nth % 3 === 2)
    await handle.apply?.(
      batchOf(
        changeSchema,
        thirds.map(({ id, revision }) => ({ id, revision, deleted: true, title: '', details: '' })),
      ),
    )
    return handle
  }
}
