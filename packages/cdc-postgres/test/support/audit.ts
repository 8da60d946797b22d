import { Client } from 'pg'
import { expect } from 'vitest'

/** Reads a stream's replica back and holds it against the source: every change once, in the order of the commits. */
export async function expectReplicated(url: string, stream: string): Promise<void> {
  const client = new Client(url)
  await client.connect()
  try {
    const rows = async (sql: string, ...values: unknown[]): Promise<unknown[]> => (await client.query(sql, values)).rows
    // The history as it was, neither a row more nor one less, and none of what was rolled back.
    expect(
      await rows(
        `
      SELECT (data->>'hid')::bigint AS hid, data->>'client' AS client, data->>'at' AS at, data->>'aid' AS aid, data->>'delta' AS delta
      FROM replica.changes WHERE stream = $1 AND relation = 'public.history' ORDER BY 1
    `,
        stream,
      ),
    ).toEqual(await rows('SELECT hid, client::text, at::text, aid::text, delta::text FROM history ORDER BY hid'))
    // Each client's transactions in its order, and the batches in that of the log.
    expect(
      await rows(
        `
      SELECT place FROM (
        SELECT place, (data->>'at')::integer AS at, lag((data->>'at')::integer) OVER (PARTITION BY data->>'client' ORDER BY place) AS before
        FROM replica.changes WHERE stream = $1 AND relation = 'public.history'
      ) AS _ WHERE before >= at
    `,
        stream,
      ),
    ).toEqual([])
    expect(
      await rows(
        'SELECT place FROM (SELECT place, lsn_end, lag(lsn_end) OVER (ORDER BY place) AS before FROM replica.changes WHERE stream = $1) AS _ WHERE before > lsn_end',
        stream,
      ),
    ).toEqual([])
    // What the changes add up to: an update that was applied in another order would leave another balance.
    expect(await rows('SELECT aid, balance FROM replica.accounts WHERE stream = $1 ORDER BY aid', stream)).toEqual(
      await rows(
        "SELECT aid, balance FROM accounts WHERE aid IN (SELECT (data->>'aid')::integer FROM replica.changes WHERE relation = 'public.accounts') ORDER BY aid",
      ),
    )
    // And as many as were committed: each transaction updates one, every fourth adds one, and every eighth takes one
    // away.
    expect(
      await rows(
        "SELECT op, count(*)::integer FROM replica.changes WHERE stream = $1 AND relation = 'public.accounts' GROUP BY op ORDER BY op",
        stream,
      ),
    ).toEqual(
      await rows(`
        SELECT * FROM (
          SELECT 'delete' AS op, count(*) FILTER (WHERE at % 8 = 4)::integer AS count FROM history WHERE client >= 0
          UNION SELECT 'insert', count(*) FILTER (WHERE at % 4 = 0)::integer FROM history WHERE client >= 0
          UNION SELECT 'update', count(*)::integer FROM history WHERE client >= 0
        ) AS _ ORDER BY op
      `),
    )
  } finally {
    await client.end()
  }
}
