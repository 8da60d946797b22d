import type { MaybePromise, Plugin } from '@uni/reload-core'
import {
  indexKind,
  type IndexBuild,
  type IndexContext,
  type IndexHandle,
  type IndexImage,
  type IndexKindProvider,
} from '@uni/reload-index'
import type { RecordBatch, Schema } from 'apache-arrow'
import { inSlices } from '../../in-slices.js'
import { answerSchema } from '../../schema.js'
import { DocumentIndex } from './document-index.js'
import { imagePieces, readImage, type Layout } from './image.js'
import { changesOf, rowsIn, textOf } from './rows.js'

/** Exact words, ranked by BM25. An image is one array of bytes. */
export function fulltextV1(): Plugin {
  return {
    manifest: { id: 'fulltext', version: '1.0.0', capabilities: [indexKind.id] },
    register: (registrar) => {
      registrar.provide(indexKind, new FulltextV1())
    },
  }
}

class FulltextV1 implements IndexKindProvider {
  readonly kind = 'fulltext'
  readonly version = '1.0.0'

  build(source: RecordBatch): IndexBuild {
    return { finalize: async () => new ExactIndex(await DocumentIndex.of(rowsIn(source))) }
  }

  async open(image: IndexImage, { signal }: IndexContext): Promise<IndexHandle> {
    return new ExactIndex(await DocumentIndex.of(await readImage(await image.bytes(), signal), signal))
  }
}

/** A frame is about a millisecond's work. */
const LAYOUT: Layout = { format: 1, perFrame: 512 }

class ExactIndex implements IndexHandle {
  /** What is written was taken from the index when persist was called. */
  readonly snapshot = 'isolated'
  readonly #index: DocumentIndex

  constructor(index: DocumentIndex) {
    this.#index = index
  }

  probe(query: RecordBatch, k: number): MaybePromise<RecordBatch> {
    const text = textOf(query)
    return text === '' ? this.#index.everything(k) : this.#index.search(text, k)
  }

  async persist({ signal }: IndexContext): Promise<Uint8Array> {
    const pieces: Uint8Array[] = []
    for await (const piece of inSlices(imagePieces(this.#index.documents(), LAYOUT), signal)) pieces.push(piece)
    return Buffer.concat(pieces)
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
