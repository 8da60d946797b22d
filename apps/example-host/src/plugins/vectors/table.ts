import { Field, Int32, Schema, Table, tableFromIPC, tableToIPC, Utf8 } from 'apache-arrow'
import { batchOf } from '../../batch-of.js'

/** A document, and the key of its vector. */
export interface KeyedDocument {
  readonly key: number
  readonly id: string
  readonly revision: number
}

/** How the table of a shard is encoded. Every version reads both. */
export const FORMAT = { json: 1, arrow: 2 } as const

const tableSchema = new Schema([
  new Field('key', new Int32()),
  new Field('id', new Utf8()),
  new Field('revision', new Int32()),
])

export function jsonTable(documents: readonly KeyedDocument[]): Uint8Array {
  return Buffer.from(JSON.stringify(documents.map(({ key, id, revision }) => [key, id, revision])))
}

/** As an Arrow IPC stream. */
export function arrowTable(documents: readonly KeyedDocument[]): Uint8Array {
  return tableToIPC(new Table([batchOf(tableSchema, documents)]), 'stream')
}

/** @throws Error for a format that is neither of the two. */
export function documentsOf(format: number, table: Uint8Array): readonly KeyedDocument[] {
  if (format === FORMAT.json) {
    const rows = JSON.parse(Buffer.from(table).toString()) as readonly (readonly [number, string, number])[]
    return rows.map(([key, id, revision]) => ({ key, id, revision }))
  }
  if (format !== FORMAT.arrow)
    throw new Error(`expected an image of format ${FORMAT.json} or ${FORMAT.arrow}, found format ${format}`)
  const columns = tableFromIPC(table)
  const [keys, ids, revisions] = [columns.getChild('key'), columns.getChild('id'), columns.getChild('revision')]
  return Array.from({ length: columns.numRows }, (_, row) => ({
    key: keys?.get(row) as number,
    id: ids?.get(row) as string,
    revision: revisions?.get(row) as number,
  }))
}
