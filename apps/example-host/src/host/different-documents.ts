import type { RecordBatch, Vector } from 'apache-arrow'

/**
 * What a canary compares two answers by: a new version may rank otherwise, and must hold the same documents in the same
 * revisions.
 */
export function differentDocuments(old: RecordBatch, next: RecordBatch): string | undefined {
  // The whole of a large index, read value by value, would stop the event loop.
  if (
    sameBytes(old.getChild('id'), next.getChild('id')) &&
    sameBytes(old.getChild('revision'), next.getChild('revision'))
  )
    return undefined
  const before = revisions(old)
  const after = revisions(next)
  for (const [id, revision] of before) {
    if (after.get(id) !== revision)
      return (
        `document ${id} is at revision ${revision} in the old index and at ${after.get(id) ?? 'none'} in ` +
        'the new one'
      )
  }
  return after.size === before.size
    ? undefined
    : `${before.size} documents in the old index, ${after.size} in the new one`
}

/** Whether two columns are the same to the byte, and so the same. Others may be the same too. */
function sameBytes(one: Vector | null, other: Vector | null): boolean {
  const [a, b] = [one?.data[0], other?.data[0]]
  if (a === undefined || b === undefined || one?.data.length !== 1 || other?.data.length !== 1) return false
  return (
    a.length === b.length &&
    a.offset === b.offset &&
    a.nullCount === 0 &&
    b.nullCount === 0 &&
    [
      [a.values, b.values],
      [a.valueOffsets, b.valueOffsets],
    ].every(([left, right]) => bytesOf(left).equals(bytesOf(right)))
  )
}

function bytesOf(array: ArrayBufferView | undefined): Buffer {
  return array === undefined ? Buffer.alloc(0) : Buffer.from(array.buffer, array.byteOffset, array.byteLength)
}

function revisions(answer: RecordBatch): Map<string, number> {
  const ids = answer.getChild('id')
  const revision = answer.getChild('revision')
  return new Map(
    Array.from({ length: answer.numRows }, (_, row) => [String(ids?.get(row)), Number(revision?.get(row))]),
  )
}
