import { Slices, type Plugin } from '@uni/reload-core'
import { indexKind, type IndexBuild, type IndexHandle, type IndexImage, type IndexKindProvider } from '@uni/reload-index'
import type { RecordBatch, Schema } from 'apache-arrow'
import MiniSearch from 'minisearch'
import { answerSchema } from '../../schema.js'
import { answerOf, applyChange, changesOf, INDEX_OPTIONS, textOf, tidy, type IndexedDocument } from './documents.js'
import { imagePieces, jsonOfImage } from './image.js'

/** Exact words, ranked by BM25. */
export function fulltextV1(): Plugin {
  return {
    manifest: { id: 'fulltext', version: '1.0.0', capabilities: [indexKind.id] },
    register: (registrar) => { registrar.provide(indexKind, new FulltextV1()) },
  }
}

export class FulltextV1 implements IndexKindProvider {
  readonly kind = 'fulltext'
  readonly version: string = '1.0.0'

  build(source: RecordBatch): IndexBuild {
    return {
      async finalize() {
        const index = new MiniSearch<IndexedDocument>(INDEX_OPTIONS)
        const slices = new Slices()
        for (const change of changesOf(source)) {
          applyChange(index, change)
          if (slices.due()) await slices.pause()
        }
        return new ExactIndex(index)
      },
    }
  }

  async open(image: IndexImage): Promise<IndexHandle> {
    const json = jsonOfImage(await image.bytes())
    return new ExactIndex(await MiniSearch.loadJSONAsync(json, INDEX_OPTIONS))
  }
}

class ExactIndex implements IndexHandle {
  /** The index is turned into bytes before persist returns. */
  readonly snapshot = 'isolated'
  #index: MiniSearch<IndexedDocument>

  constructor(index: MiniSearch<IndexedDocument>) {
    this.#index = index
  }

  probe(query: RecordBatch, k: number): RecordBatch {
    const results = this.#index.search(textOf(query) || MiniSearch.wildcard)
    return answerOf(results.slice(0, k))
  }

  persist(): Uint8Array {
    return Buffer.concat([...imagePieces([JSON.stringify(this.#index)])])
  }

  schema(): Schema {
    return answerSchema
  }

  /** In one go, so that no query sees half of a commit. */
  apply(changes: RecordBatch): void {
    for (const change of changesOf(changes)) applyChange(this.#index, change)
    tidy(this.#index)
  }

  close(): void {
    this.#index = new MiniSearch<IndexedDocument>(INDEX_OPTIONS)
  }
}
