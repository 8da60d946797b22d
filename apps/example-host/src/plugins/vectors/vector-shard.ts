import type { Index } from 'usearch'
import type { Ranked } from '../../ranking.js'
import type { DocumentChange } from '../fulltext/rows.js'
import { embed } from './embed.js'
import { ShardSnapshot } from './shard-snapshot.js'
import type { KeyedDocument } from './table.js'

/** A document that was found. The score is the cosine similarity. */
interface Found extends Ranked {
  readonly revision: number
}

/** The vectors of a shard, by key. */
export interface Vectors {
  /** To be searched, saved and asked for its size. */
  readonly native: Index
  /** Absent where `native` can be written to: gives a copy of it that can be. */
  thaw?(): Index
}

/** USearch saves, loads and maps in one go: so many vectors in a millisecond or two. */
export const SHARD_DOCUMENTS = 2048

/**
 * A part of an index: a USearch index of vectors, and a table of whose they are.
 *
 * USearch 2.16 forgets nothing well. Its table of keys keeps a mark of each key that was removed, until every look-up
 * in it runs for ever; and loading an index of which most was removed overwrites memory that is not its own. So the
 * keys are 0, 1, 2, …, without a gap: a deleted document leaves its vector behind, which is not answered with, and
 * whose key a later document gets.
 */
export class VectorShard {
  #vectors: Vectors
  /** By key. */
  readonly #documents: (KeyedDocument | undefined)[]
  readonly #keys = new Map<string, number>()
  /** The keys without a document, the lowest last: which one is next depends on nothing but what is in the shard. */
  readonly #vacant: number[] = []
  readonly #snapshots = new Set<ShardSnapshot>()

  /** @throws Error where `documents` are not those of `vectors`. */
  constructor(vectors: Vectors, documents: readonly KeyedDocument[] = []) {
    this.#vectors = vectors
    this.#documents = Array.from({ length: vectors.native.size() })
    for (const document of documents) {
      if (!(document.key in this.#documents) || this.#documents[document.key] || this.#keys.has(document.id)) {
        throw new Error(`the table says that vector ${document.key} is of document ${document.id}, which is not so`)
      }
      this.#documents[document.key] = document
      this.#keys.set(document.id, document.key)
    }
    for (const [key, document] of this.#documents.entries()) if (document === undefined) this.#vacant.unshift(key)
  }

  get full(): boolean {
    return this.#keys.size >= SHARD_DOCUMENTS
  }

  /** The documents at this point in time: the array is the caller's. */
  documents(): readonly KeyedDocument[] {
    return this.#documents.filter((document) => document !== undefined)
  }

  /** The `k` documents whose vectors are most like `vector`, best first. */
  search(vector: Float32Array, k: number): readonly Found[] {
    // An index that is searched before anything was added to it hangs in the next addition.
    if (this.#keys.size === 0) return []
    const wanted = Math.min(k + this.#vacant.length, this.#documents.length)
    const { keys, distances } = this.#vectors.native.search(vector, wanted)
    const found = Array.from(keys, (key, nth) => ({
      document: this.#documents[Number(key)],
      score: 1 - (distances[nth] as number),
    }))
    return found
      .flatMap(({ document, score }) => (document ? [{ id: document.id, revision: document.revision, score }] : []))
      .slice(0, k)
  }

  /** What the shard is now, to be saved to `path` later. */
  snapshot(path: string): ShardSnapshot {
    const snapshot = new ShardSnapshot(this.documents(), path, {
      save: () => this.#vectors.native.save(path),
      ended: () => this.#snapshots.delete(snapshot),
    })
    this.#snapshots.add(snapshot)
    return snapshot
  }

  put({ id, revision, title, details }: DocumentChange): void {
    const known = this.#keys.get(id)
    const vector = embed(`${title} ${details}`)
    const key = known ?? this.#vacant.at(-1) ?? this.#documents.length
    const native = this.#writable()
    if (key < this.#documents.length) native.remove(BigInt(key))
    native.add(BigInt(key), vector)
    if (key === this.#vacant.at(-1)) this.#vacant.pop()
    this.#documents[key] = { key, id, revision }
    this.#keys.set(id, key)
  }

  delete(id: string): void {
    const key = this.#keys.get(id)
    if (key === undefined) return
    this.#keys.delete(id)
    this.#documents[key] = undefined
    const higher = this.#vacant.findLastIndex((vacant) => vacant > key)
    this.#vacant.splice(higher + 1, 0, key)
  }

  #writable(): Index {
    for (const snapshot of this.#snapshots) snapshot.take()
    const { native, thaw } = this.#vectors
    if (thaw === undefined) return native
    this.#vectors = { native: thaw() }
    return this.#vectors.native
  }
}
