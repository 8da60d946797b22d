import type { MaybePromise, Plugin } from '@uni/reload-core'
import {
  indexKind,
  type IndexBuild,
  type IndexContext,
  type IndexHandle,
  type IndexImage,
  type IndexKindProvider,
  type PersistedIndex,
} from '@uni/reload-index'
import type { RecordBatch, Schema } from 'apache-arrow'
import { answerSchema } from '../../schema.js'
import { changesOf, rowsIn, textOf } from '../fulltext/rows.js'
import { emptyVectors, loadVectors, type SearchOptions } from './native.js'
import { readImage } from './read-image.js'
import { documentsOf, FORMAT, jsonTable } from './table.js'
import { VectorIndex } from './vector-index.js'
import { VectorShard } from './vector-shard.js'
import { writeImage } from './write-image.js'

/** Documents by the likeness of their texts. An image is a file in `directory`, and is read into memory. */
export function vectorsV1(directory: string): Plugin {
  return {
    manifest: { id: 'vectors', version: '1.0.0', capabilities: [indexKind.id] },
    register: (registrar) => {
      registrar.provide(indexKind, new VectorsV1(directory))
    },
  }
}

const SEARCH: SearchOptions = { candidates: 64 }

class VectorsV1 implements IndexKindProvider {
  readonly kind = 'vectors'
  readonly version = '1.0.0'
  readonly #directory: string

  constructor(directory: string) {
    this.#directory = directory
  }

  build(source: RecordBatch): IndexBuild {
    const index = new VectorIndex(() => emptyVectors(SEARCH))
    return { finalize: async () => new LoadedIndex(await index.fill(rowsIn(source)), this.#directory) }
  }

  async open(image: IndexImage, { signal }: IndexContext): Promise<IndexHandle> {
    const index = new VectorIndex(() => emptyVectors(SEARCH))
    for await (const { format, table, vectors } of readImage(await image.file(), this.#directory, signal)) {
      index.addShard(new VectorShard({ native: loadVectors(vectors, SEARCH) }, documentsOf(format, table)))
    }
    return new LoadedIndex(index, this.#directory)
  }
}

class LoadedIndex implements IndexHandle {
  /** What is written is as it was when persist was called, however much is changed meanwhile. */
  readonly snapshot = 'isolated'
  readonly #index: VectorIndex
  readonly #directory: string

  constructor(index: VectorIndex, directory: string) {
    this.#index = index
    this.#directory = directory
  }

  probe(query: RecordBatch, k: number): MaybePromise<RecordBatch> {
    const text = textOf(query)
    return text === '' ? this.#index.everything(k) : this.#index.search(text, k)
  }

  persist({ signal }: IndexContext): Promise<PersistedIndex> {
    return writeImage(
      this.#directory,
      { format: FORMAT.json, shards: this.#index.snapshot(this.#directory), table: jsonTable },
      signal,
    )
  }

  schema(): Schema {
    return answerSchema
  }

  apply(changes: RecordBatch): void {
    this.#index.apply(changesOf(changes))
  }
}
