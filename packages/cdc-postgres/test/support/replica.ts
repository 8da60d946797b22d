import type { CdcBatch, CdcOutputProvider } from '@uni/reload-cdc'
import type { Client } from 'pg'
import { postgresSink } from '../../src/index.js'

/** The tables of the replicas: every change as it came, and, by it, the rows as they are now. */
export const REPLICA_TABLES = `
  CREATE SCHEMA replica;
  -- Without a key on purpose: what comes twice is to be there twice.
  CREATE TABLE replica.changes (place bigint GENERATED ALWAYS AS IDENTITY, stream text, lsn_end numeric, op text, relation text, data jsonb);
  CREATE TABLE replica.accounts (stream text, aid integer, balance bigint, PRIMARY KEY (stream, aid));
`

/** A sink with a replica of the bank for each stream. */
export function replica(connection: string): CdcOutputProvider {
  return postgresSink({ name: 'replica', connection, write })
}

async function write(client: Client, { lsnEnd, mutations }: CdcBatch, stream: string): Promise<void> {
  const changes = JSON.stringify(
    Array.from({ length: mutations.numRows }, (_, at) => {
      const [op, relation, before, after] = ['op', 'relation', 'old', 'new'].map((name): unknown =>
        mutations.getChild(name)?.get(at),
      )
      return { op, relation, data: JSON.parse(String(after ?? before)) as unknown }
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
    FROM jsonb_to_recordset($2) AS _ (op text, relation text, data jsonb) WHERE relation = 'public.accounts' AND op <> 'delete'
    ON CONFLICT (stream, aid) DO UPDATE SET balance = excluded.balance
  `,
    [stream, changes],
  )
  await client.query(
    `
    DELETE FROM replica.accounts USING jsonb_to_recordset($2) AS _ (op text, relation text, data jsonb)
    WHERE stream = $1 AND relation = 'public.accounts' AND op = 'delete' AND aid = (data->>'aid')::integer
  `,
    [stream, changes],
  )
}
