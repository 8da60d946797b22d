import { Client } from 'pg'
import type { SunkRow } from './sink-audit.js'

/** What the PostgreSQL sink has stored of a stream, in the order of the transactions that stored it. */
export async function readPostgresRows(connectionString: string, stream: string): Promise<SunkRow[]> {
  const client = new Client({ connectionString })
  await client.connect()
  try {
    const { rows } = await client.query<{ lsn_start: string; id: string }>(
      'SELECT lsn_start, id FROM document_changes WHERE stream = $1 ORDER BY xmin::text::bigint, row_number',
      [stream],
    )
    return rows.map(({ lsn_start: lsn, id }) => ({ lsn: BigInt(lsn), id }))
  } finally {
    await client.end()
  }
}
