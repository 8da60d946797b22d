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
import type { SearchOptions } from 'minisearch'
import { inSlices } from '../../in-slices.js'
import { answerSchema } from '../../schema.js'
import { DocumentIndex } from './document-index.js'
import { imagePieces, readImage, type Layout } from './image.js'
import { changesOf, rowsIn, textOf } from './rows.js'

/**
 * Words that are begun or misspelt are found too, titles count twice, and an image is a stream, in a shorter format.
 */
export function fulltextV2(): Plugin {
  return {
    manifest: { id: 'fulltext', version: '2.0.0', capabilities: [indexKind.id] },
    register: (registrar) => {
      registrar.provide(indexKind, new FulltextV2())
    },
  }
}

export class FulltextV2 implements IndexKindProvider {
  readonly kind = 'fulltext'
  readonly version: string = '2.0.0'

  build(source: RecordBatch): IndexBuild {
    return { finalize: async () => new LenientIndex(await DocumentIndex.of(rowsIn(source))) }
  }

  async open(image: IndexImage, { signal }: IndexContext): Promise<IndexHandle> {
    return new LenientIndex(await DocumentIndex.of(await readImage(await image.bytes(), signal), signal))
  }
}

const SEARCH: SearchOptions = {
  prefix: (term) => term.length > 2,
  fuzzy: (term) => (term.length > 4 ? 0.2 : false),
  boost: { title: 2 },
}
/** A frame is a fraction of a millisecond's work. */
const LAYOUT: Layout = { format: 2, perFrame: 128 }

class LenientIndex implements IndexHandle {
  /** What is streamed was taken from the index when persist was called. */
  readonly snapshot = 'isolated'
  readonly #index: DocumentIndex

  constructor(index: DocumentIndex) {
    this.#index = index
  }

  probe(query: RecordBatch, k: number): MaybePromise<RecordBatch> {
    const text = textOf(query)
    return text === '' ? this.#index.everything(k) : this.#index.search(text, k, SEARCH)
  }

  persist({ signal }: IndexContext): AsyncIterable<Uint8Array> {
    return inSlices(imagePieces(this.#index.documents(), LAYOUT), signal)
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
