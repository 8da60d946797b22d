import { makeData, RecordBatch, Struct, vectorFromArray } from 'apache-arrow'
import { changeSchema } from '../schema.js'

/** A document, or (deleted) that there is none any more. */
export interface DocumentChange {
  readonly id: string
  /** Rises by one with each change of the document. */
  readonly revision: number
  readonly deleted: boolean
  readonly title: string
  readonly details: string
}

/** The rows of one commit, as index kinds and CDC outputs take them. */
export function toBatch(changes: readonly DocumentChange[]): RecordBatch {
  const children = changeSchema.fields.map((field) =>
    vectorFromArray(changes.map((change) => change[field.name as keyof DocumentChange]), field.type).data[0])
  const data = makeData({ type: new Struct(changeSchema.fields), length: changes.length, nullCount: 0, children: children as never })
  return new RecordBatch(changeSchema, data)
}
