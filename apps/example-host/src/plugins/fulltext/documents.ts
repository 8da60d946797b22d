import type { RecordBatch, Vector } from 'apache-arrow'
import type { default as MiniSearch, Options, SearchResult } from 'minisearch'
import { answerSchema } from '../../schema.js'
import { batchOf } from '../batch-of.js'

/** One document as the index takes it. Only the revision is stored; the texts are searched, and live in the database. */
export interface IndexedDocument {
  readonly id: string
  readonly revision: number
  readonly title: string
  readonly details: string
}

export interface DocumentChange extends IndexedDocument {
  readonly deleted: boolean
}

/** What an index and its image have to agree on. How it is searched is each version's own. */
export const INDEX_OPTIONS: Options<IndexedDocument> = {
  fields: ['title', 'details'],
  storeFields: ['revision'],
  // MiniSearch vacuums over many turns, and fails where a search tidies up what it has yet to visit.
  autoVacuum: false,
}

/** The rows of a batch, all read before any is applied: a malformed one must not leave half of them applied. */
export function changesOf(batch: RecordBatch): DocumentChange[] {
  const id = column(batch, 'id')
  const revision = column(batch, 'revision')
  const deleted = column(batch, 'deleted')
  const title = column(batch, 'title')
  const details = column(batch, 'details')
  return Array.from({ length: batch.numRows }, (_, row) => {
    const key: unknown = id.get(row)
    if (typeof key !== 'string') throw new Error(`row ${row} of the batch has no id: expected a text, found ${String(key)}`)
    return {
      id: key, revision: Number(revision.get(row)), deleted: deleted.get(row) === true,
      title: String(title.get(row) ?? ''), details: String(details.get(row) ?? ''),
    }
  })
}

/** Applies one row: a document replaces the one of its id, if there is one. */
export function applyChange(index: MiniSearch<IndexedDocument>, { deleted, ...document }: DocumentChange): void {
  if (index.has(document.id)) index.discard(document.id)
  if (!deleted) index.add(document)
}

/** The share of discarded documents, and the least number of them, at which their postings are worth removing. */
const DIRT = { factor: 0.1, count: 20 }

/** Removes what discarded documents left behind, once there is enough of it, in one synchronous go. */
export function tidy(index: MiniSearch<IndexedDocument>): void {
  if (index.dirtCount < DIRT.count || index.dirtFactor < DIRT.factor) return
  void index.vacuum({ batchSize: Number.MAX_SAFE_INTEGER })
}

/** The text of a query. Empty: every document is asked for. */
export function textOf(query: RecordBatch): string {
  if (query.numRows !== 1) throw new Error(`a full-text query has one row, this one has ${query.numRows}`)
  return String(column(query, 'text').get(0) ?? '').trim()
}

export function answerOf(results: readonly SearchResult[]): RecordBatch {
  return batchOf(answerSchema, results)
}

function column(batch: RecordBatch, name: string): Vector {
  const found = batch.getChild(name)
  if (found === null) throw new Error(`the batch has no column "${name}": it has ${batch.schema.fields.map((field) => field.name).join(', ')}`)
  return found
}
