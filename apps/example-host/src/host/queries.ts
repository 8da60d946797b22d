import { makeData, RecordBatch, Struct, vectorFromArray, Utf8 } from 'apache-arrow'
import { querySchema } from '../schema.js'

/** A full-text query, as index kinds of this host take it. */
export function textQuery(text: string): RecordBatch {
  const children = [vectorFromArray([text], new Utf8()).data[0]]
  return new RecordBatch(querySchema, makeData({ type: new Struct(querySchema.fields), length: 1, nullCount: 0, children: children as never }))
}

export const everyDocument: RecordBatch = textQuery('')
