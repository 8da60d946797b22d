import type { Plugin } from '@uni/reload-core'
import { indexKind, type IndexBuild, type IndexContext, type IndexHandle, type IndexImage, type IndexKindProvider } from '@uni/reload-index'
import type { RecordBatch, Schema } from 'apache-arrow'
import { answerSchema } from '../../schema.js'
import { DocumentIndex } from './document-index.js'
import { documentsIn, imagePieces } from './image.js'
import { changesOf, textOf } from './rows.js'

/** Exact words, ranked by BM25. */
export function fulltextV1(): Plugin {
  return {
    manifest: { id: 'fulltext', version: '1.0.0', capabilities: [indexKind.id] },
    register: (registrar) => { registrar.provide(indexKind, new FulltextV1()) },
  }
}

class FulltextV1 implements IndexKindProvider {
  readonly kind = 'fulltext'
  readonly version = '1.0.0'

  build(source: RecordBatch): IndexBuild {
    return { finalize: async () => new ExactIndex(await DocumentIndex.of(changesOf(source))) }
  }

  async open(image: IndexImage, { signal }: IndexContext): Promise<IndexHandle> {
    return new ExactIndex(await DocumentIndex.of(documentsIn(await image.bytes()), signal))
  }
}

class ExactIndex implements IndexHandle {
  /** The image is complete when persist returns. */
  readonly snapshot = 'isolated'
  readonly #index: DocumentIndex

  constructor(index: DocumentIndex) {
    this.#index = index
  }

  probe(query: RecordBatch, k: number): RecordBatch {
    const text = textOf(query)
    return text === '' ? this.#index.everything(k) : this.#index.search(text, k)
  }

  persist(): Uint8Array {
    return Buffer.concat([...imagePieces(this.#index.documents(), Infinity)])
  }

  schema(): Schema {
    return answerSchema
  }

  apply(changes: RecordBatch): void {
    this.#index.apply(changesOf(changes))
  }

  close(): void {
    this.#index.clear()
  }
}
