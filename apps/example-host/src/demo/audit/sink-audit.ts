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

/** A row as a sink holds it, in the order it was written. */
export interface SunkRow {
  readonly lsn: bigint
  readonly id: string
}

/** Holds what a sink has against the commits that were acknowledged. */
export function auditSink(
  stream: string,
  sink: string,
  rows: readonly SunkRow[],
  acknowledged: Acknowledged,
): SinkAudit {
  const seen = new Set(rows.map(nameOf))
  const expected = [...acknowledged.commits].flatMap(([lsn, changes]) => changes.map(({ id }) => nameOf({ lsn, id })))
  return {
    stream,
    sink,
    committed: expected.length,
    delivered: seen.size,
    missing: expected.filter((name) => !seen.has(name)).length,
    duplicates: rows.length - seen.size,
    outOfOrder: rows.filter(({ lsn }, at) => at > 0 && lsn < (rows[at - 1] as SunkRow).lsn).length,
  }
}

/** What a JSON-lines sink has written. */
export async function readJsonLines(file: string): Promise<SunkRow[]> {
  const lines = (await readFile(file, 'utf8')).split('\n').filter((line) => line !== '')
  return lines.map((line) => {
    const { lsnStart, row } = JSON.parse(line) as { readonly lsnStart: string; readonly row: { readonly id: string } }
    return { lsn: BigInt(lsnStart), id: row.id }
  })
}

function nameOf({ lsn, id }: SunkRow): string {
  return `${lsn} ${id}`
}
