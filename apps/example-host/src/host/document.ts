import type { RecordBatch } from 'apache-arrow'
import { batchOf } from '../batch-of.js'
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
  return batchOf(changeSchema, changes)
}
