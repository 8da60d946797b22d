import type { RecordBatch } from 'apache-arrow'
import MiniSearch, { type SearchOptions } from 'minisearch'
import { batchOf } from '../../batch-of.js'
import { inSlices } from '../../in-slices.js'
import { listingOf } from '../../listing.js'
import { byRank } from '../../ranking.js'
import { answerSchema } from '../../schema.js'
import type { DocumentChange, IndexedDocument } from './rows.js'

/**
 * Documents and the words they are found by. The documents are kept because MiniSearch removes one from its words only
 * if it is shown the text it was added with. (It can also discard it and vacuum the words later, which stops every
 * query for as long as that takes, or fails where a query tidies up what the vacuum has yet to visit.)
 */
export class DocumentIndex {
  readonly #documents = new Map<string, IndexedDocument>()
  readonly #words = new MiniSearch<IndexedDocument>({ fields: ['title', 'details'], storeFields: ['revision'] })

  /** An index of `changes`, made in slices. */
  static async of(changes: Iterable<DocumentChange>, signal?: AbortSignal): Promise<DocumentIndex> {
    const index = new DocumentIndex()
    for await (const change of inSlices(changes, signal)) index.#applyOne(change)
    return index
  }

  /** In one go, so that no query sees half of a commit. */
  apply(changes: Iterable<DocumentChange>): void {
    for (const change of changes) this.#applyOne(change)
  }

  /** The documents at this point in time: the array is the caller's. */
  documents(): readonly IndexedDocument[] {
    return [...this.#documents.values()]
  }

  /** The first `k` of all documents. */
  everything(k: number): Promise<RecordBatch> {
    return listingOf(this.documents().slice(0, k))
  }

  /** The `k` documents that fit `text` best, best first. */
  search(text: string, k: number, options?: SearchOptions): RecordBatch {
    const found = this.#words
      .search(text, options)
      .map(({ id, score, revision }) => ({ id: String(id), score, revision: Number(revision) }))
    return batchOf(answerSchema, found.toSorted(byRank).slice(0, k))
  }

  clear(): void {
    this.#documents.clear()
    this.#words.removeAll()
  }

  #applyOne({ deleted, ...document }: DocumentChange): void {
    const before = this.#documents.get(document.id)
    if (before !== undefined) this.#words.remove(before)
    if (deleted) {
      this.#documents.delete(document.id)
      return
    }
    this.#words.add(document)
    this.#documents.set(document.id, document)
  }
}
