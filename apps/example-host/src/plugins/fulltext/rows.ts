import type { RecordBatch, Vector } from 'apache-arrow'

/** One document as the index takes it. Never changed: an update is another one. */
export interface IndexedDocument {
  readonly id: string
  readonly revision: number
  readonly title: string
  readonly details: string
}

export interface DocumentChange extends IndexedDocument {
  readonly deleted: boolean
}

/** The rows of a batch, all read before any is applied: a malformed one must not leave half of them applied. */
export function changesOf(batch: RecordBatch): DocumentChange[] {
  return [...rowsIn(batch)]
}

/** The rows of a batch, each read when its turn comes: for an index that is thrown away where one is malformed. */
export function* rowsIn(batch: RecordBatch): Generator<DocumentChange> {
  const id = column(batch, 'id')
  const revision = column(batch, 'revision')
  const deleted = column(batch, 'deleted')
  const title = column(batch, 'title')
  const details = column(batch, 'details')
  for (let row = 0; row < batch.numRows; row += 1) {
    const key: unknown = id.get(row)
    if (typeof key !== 'string')
      throw new Error(`row ${row} of the batch has no id: expected a text, found ${String(key)}`)
    yield {
      id: key,
      revision: Number(revision.get(row)),
      deleted: deleted.get(row) === true,
      title: String(title.get(row) ?? ''),
      details: String(details.get(row) ?? ''),
    }
  }
}

/** The text of a query. Empty: every document is asked for. */
export function textOf(query: RecordBatch): string {
  if (query.numRows !== 1) throw new Error(`a full-text query has one row, this one has ${query.numRows}`)
  return String(column(query, 'text').get(0) ?? '').trim()
}

function column(batch: RecordBatch, name: string): Vector {
  const found = batch.getChild(name)
  if (found === null)
    throw new Error(
      `the batch has no column "${name}": it has ${batch.schema.fields.map((field) => field.name).join(', ')}`,
    )
  return found
}
