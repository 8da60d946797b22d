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
import { emptyVectors, mapVectors, type SearchOptions } from './native.js'
import { readImage } from './read-image.js'
import { arrowTable, documentsOf, FORMAT } from './table.js'
import { VectorIndex } from './vector-index.js'
import { VectorShard } from './vector-shard.js'
import { writeImage } from './write-image.js'

/**
 * Finds more of what is alike, and maps an image into memory instead of reading it. A shard that was mapped is read
 * with the first document that is written to it: USearch changes nothing in a file.
 */
export function vectorsV2(directory: string): Plugin {
  return {
    manifest: { id: 'vectors', version: '2.0.0', capabilities: [indexKind.id] },
    register: (registrar) => {
      registrar.provide(indexKind, new VectorsV2(directory))
    },
  }
}

const SEARCH: SearchOptions = { candidates: 256 }

export class VectorsV2 implements IndexKindProvider {
  readonly kind = 'vectors'
  readonly version: string = '2.0.0'
  readonly #directory: string

  constructor(directory: string) {
    this.#directory = directory
  }

  build(source: RecordBatch): IndexBuild {
    const index = new VectorIndex(() => emptyVectors(SEARCH))
    return { finalize: async () => new MappedIndex(await index.fill(rowsIn(source)), this.#directory) }
  }

  async open(image: IndexImage, { signal }: IndexContext): Promise<IndexHandle> {
    const index = new VectorIndex(() => emptyVectors(SEARCH))
    for await (const { format, table, vectors } of readImage(await image.file(), this.#directory, signal)) {
      index.addShard(new VectorShard(mapVectors(vectors, SEARCH, this.#directory), this.documentsOf(format, table)))
    }
    return new MappedIndex(index, this.#directory)
  }

  protected documentsOf(format: number, table: Uint8Array): ReturnType<typeof documentsOf> {
    return documentsOf(format, table)
  }
}

class MappedIndex implements IndexHandle {
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
      { format: FORMAT.arrow, shards: this.#index.snapshot(this.#directory), table: arrowTable },
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
