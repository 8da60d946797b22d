import type { RecordBatch } from 'apache-arrow'
import { batchOf } from '../batch-of.js'
import { querySchema } from '../schema.js'

/** A full-text query, as index kinds of this host take it. */
export function textQuery(text: string): RecordBatch {
  return batchOf(querySchema, [{ text }])
}

export const everyDocument: RecordBatch = textQuery('')
