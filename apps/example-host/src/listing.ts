import { Float64, Int32, makeData, RecordBatch, Struct, Utf8 } from 'apache-arrow'
import { inSlices } from './in-slices.js'
import { answerSchema } from './schema.js'

/** A UTF-16 code unit is at most so many bytes in UTF-8. */
const BYTES_A_UNIT = 3

/** An answer with all of `documents`, in their order, none better than another. Made in slices. */
export async function listingOf(
  documents: readonly { readonly id: string; readonly revision: number }[],
): Promise<RecordBatch> {
  const { length } = documents
  const ids = new Uint8Array(BYTES_A_UNIT * documents.reduce((sum, { id }) => sum + id.length, 0))
  const ends = new Int32Array(length + 1)
  const revisions = new Int32Array(length)
  const encoder = new TextEncoder()
  for await (const [row, { id, revision }] of inSlices(documents.entries())) {
    const start = ends[row] as number
    ends[row + 1] = start + encoder.encodeInto(id, ids.subarray(start)).written
    revisions[row] = revision
  }
  const children = [
    makeData({ type: new Utf8(), length, nullCount: 0, valueOffsets: ends, data: ids.subarray(0, ends[length]) }),
    makeData({ type: new Int32(), length, nullCount: 0, data: revisions }),
    makeData({ type: new Float64(), length, nullCount: 0, data: new Float64Array(length).fill(1) }),
  ]
  return new RecordBatch(
    answerSchema,
    makeData({ type: new Struct(answerSchema.fields), length, nullCount: 0, children }),
  )
}
