import type { CdcBatch, CdcLsn, CdcOutputProvider, CdcStartContext, CdcStream } from '../../../src/index.js'
import { Client } from 'pg'

/** The tables of the replicas: every change as it came, and, by it, the rows as they are now. */
export const REPLICA_TABLES = `
  CREATE SCHEMA replica;
  CREATE TABLE replica.streams (stream text PRIMARY KEY, lsn numeric(20) NOT NULL);
  -- Without a key on purpose: what comes twice is to be there twice.
  CREATE TABLE replica.changes (place bigint GENERATED ALWAYS AS IDENTITY, stream text, lsn_end numeric(20), op text, relation text, data jsonb);
  CREATE TABLE replica.accounts (stream text, aid integer, balance bigint, PRIMARY KEY (stream, aid));
`

/** A sink that keeps the LSN of each stream in the transaction that writes its rows. */
export class Replica implements CdcOutputProvider {
  readonly name = 'replica'
  readonly version: string
  readonly #url: string

  constructor(url: string, version: string) {
    this.#url = url
    this.version = version
  }

  async start({ stream = '', fromLsn = 0n }: CdcStartContext): Promise<CdcStream> {
    const client = new Client(this.#url)
    client.on('error', () => {})
    await client.connect()
    let handed = fromLsn
    try {
      await client.query('INSERT INTO replica.streams VALUES ($1, $2) ON CONFLICT DO NOTHING', [
        stream,
        String(fromLsn),
      ])
    } catch (error) {
      await client.end()
      throw error
    }
    return {
      async deliver(batch) {
        await client.query('BEGIN')
        try {
          await write(client, stream, batch)
          await client.query('COMMIT')
        } catch (error) {
          await client.query('ROLLBACK')
          throw error
        }
        handed = batch.lsnEnd
      },
      checkpoint: () => handed,
      shutdown: () => client.end(),
    }
  }
}

async function write(client: Client, stream: string, { lsnStart, lsnEnd, mutations }: CdcBatch): Promise<void> {
  const { rows } = await client.query<{ lsn: string }>('SELECT lsn FROM replica.streams WHERE stream = $1 FOR UPDATE', [
    stream,
  ])
  const lsn: CdcLsn = BigInt(rows[0]?.lsn ?? -1)
  if (lsnEnd <= lsn) return
  if (lsn !== lsnStart) throw new Error(`the replica ends at LSN ${lsn}, and the batch starts at ${lsnStart}`)
  const changes = JSON.stringify(
    Array.from({ length: mutations.numRows }, (_, at) => {
      const [op, relation, row] = ['op', 'relation', 'row'].map((name) => String(mutations.getChild(name)?.get(at)))
      return { op, relation, data: JSON.parse(row ?? '') as unknown }
    }),
  )
  await client.query(
    `
    INSERT INTO replica.changes (stream, lsn_end, op, relation, data)
    SELECT $1, $2, op, relation, data FROM jsonb_to_recordset($3) AS _ (op text, relation text, data jsonb)
  `,
    [stream, String(lsnEnd), changes],
  )
  await client.query(
    `
    INSERT INTO replica.accounts SELECT $1, (data->>'aid')::integer, (data->>'balance')::bigint
    FROM jsonb_to_recordset($2) AS _ (op text, relation text, data jsonb) WHERE relation = 'accounts' AND op <> 'delete'
    ON CONFLICT (stream, aid) DO UPDATE SET balance = excluded.balance
  `,
    [stream, changes],
  )
  await client.query(
    `
    DELETE FROM replica.accounts USING jsonb_to_recordset($2) AS _ (op text, relation text, data jsonb)
    WHERE stream = $1 AND relation = 'accounts' AND op = 'delete' AND aid = (data->>'aid')::integer
  `,
    [stream, changes],
  )
  await client.query('UPDATE replica.streams SET lsn = $2 WHERE stream = $1', [stream, String(lsnEnd)])
}
