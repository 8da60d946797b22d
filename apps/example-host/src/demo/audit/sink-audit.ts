import { readFile } from 'node:fs/promises'
import type { Acknowledged } from '../acknowledged.js'

export interface SinkAudit {
  readonly stream: string
  readonly sink: string
  readonly committed: number
  readonly delivered: number
  readonly missing: number
  readonly duplicates: number
  readonly outOfOrder: number
}

/** What a line of a JSON-lines sink says of the row it holds. */
interface Line { readonly lsnStart: string; readonly row: { readonly id: string } }

/** Reads a sink's file back and holds it against the commits that were acknowledged. */
export async function auditSink(stream: string, sink: string, acknowledged: Acknowledged): Promise<SinkAudit> {
  const lines = (await readFile(sink, 'utf8')).split('\n').filter((line) => line !== '').map((line) => JSON.parse(line) as Line)
  const seen = new Map<string, number>()
  let outOfOrder = 0
  let last = -1n
  for (const { lsnStart, row } of lines) {
    const lsn = BigInt(lsnStart)
    if (lsn < last) outOfOrder += 1
    last = lsn
    const name = `${lsn} ${row.id}`
    seen.set(name, (seen.get(name) ?? 0) + 1)
  }
  const expected = [...acknowledged.commits].flatMap(([lsn, changes]) => changes.map(({ id }) => `${lsn} ${id}`))
  return {
    stream, sink, committed: expected.length, delivered: seen.size, outOfOrder,
    missing: expected.filter((name) => !seen.has(name)).length,
    duplicates: lines.length - seen.size,
  }
}
