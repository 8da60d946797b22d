import type { RecordBatch } from 'apache-arrow'
import type { Index } from 'usearch'
import { batchOf } from '../../batch-of.js'
import { inSlices } from '../../in-slices.js'
import { listingOf } from '../../listing.js'
import { byRank } from '../../ranking.js'
import { answerSchema } from '../../schema.js'
import type { DocumentChange } from '../fulltext/rows.js'
import { embed } from './embed.js'
import { newFile } from './native.js'
import type { ShardSnapshot } from './shard-snapshot.js'
import type { KeyedDocument } from './table.js'
import { VectorShard } from './vector-shard.js'

/** Documents by the likeness of their texts, in shards that are each small enough to be saved and loaded in no time. */
export class VectorIndex {
  readonly #emptyVectors: () => Index
  readonly #shards: VectorShard[] = []
  readonly #shardOf = new Map<string, VectorShard>()

  /** @param emptyVectors makes the vectors of a new shard. */
  constructor(emptyVectors: () => Index) {
    this.#emptyVectors = emptyVectors
  }

  /** @throws Error where a document is in another shard already. */
  addShard(shard: VectorShard): void {
    for (const { id } of shard.documents()) {
      if (this.#shardOf.has(id)) throw new Error(`document ${id} is in two shards`)
      this.#shardOf.set(id, shard)
    }
    this.#shards.push(shard)
  }

  /** Applies changes in slices: for an index that nobody uses yet. */
  async fill(changes: Iterable<DocumentChange>): Promise<this> {
    for await (const change of inSlices(changes)) this.#applyOne(change)
    return this
  }

  /** In one go, so that no query sees half of a commit. */
  apply(changes: Iterable<DocumentChange>): void {
    for (const change of changes) this.#applyOne(change)
  }

  /** The first `k` of all documents. */
  everything(k: number): Promise<RecordBatch> {
    return listingOf(this.#shards.flatMap((shard): readonly KeyedDocument[] => shard.documents()).slice(0, k))
  }

  /** The `k` documents most like `text`, best first; none where it has no word. */
  search(text: string, k: number): RecordBatch {
    const vector = embed(text)
    if (!(k > 0) || vector.every((value) => value === 0)) return batchOf(answerSchema, [])
    const found = this.#shards.flatMap((shard) => shard.search(vector, k))
    return batchOf(answerSchema, found.toSorted(byRank).slice(0, k))
  }

  /** What the index is now: each shard, to be saved to a file in `directory`. */
  snapshot(directory: string): readonly ShardSnapshot[] {
    return this.#shards.map((shard) => shard.snapshot(newFile(directory)))
  }

  #applyOne(change: DocumentChange): void {
    const { id, deleted } = change
    const known = this.#shardOf.get(id)
    if (deleted) {
      known?.delete(id)
      this.#shardOf.delete(id)
      return
    }
    const shard = known ?? this.#shards.find(({ full }) => !full) ?? this.#newShard()
    shard.put(change)
    this.#shardOf.set(id, shard)
  }

  #newShard(): VectorShard {
    const shard = new VectorShard({ native: this.#emptyVectors() })
    this.#shards.push(shard)
    return shard
  }
}
