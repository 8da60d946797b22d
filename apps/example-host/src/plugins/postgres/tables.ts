import type { Client } from 'pg'

/** A lock of PostgreSQL's, so that streams that are started at the same time do not create the same table twice. */
const DDL_LOCK = 7_301_984_511

/** An LSN has up to 64 bits, unsigned, for which a bigint of PostgreSQL's is too small. */
const LSN = 'numeric(20)'

/** The rows, and how far each stream has come, which is changed in the transaction that writes the rows. */
export async function createTables(client: Client): Promise<void> {
  await client.query(`SELECT pg_advisory_xact_lock(${DDL_LOCK})`)
  await client.query(`
    CREATE TABLE IF NOT EXISTS document_changes (
      stream text NOT NULL, lsn_start ${LSN} NOT NULL, row_number integer NOT NULL,
      id text NOT NULL, revision integer NOT NULL, deleted boolean NOT NULL, title text NOT NULL, details text NOT NULL,
      PRIMARY KEY (stream, lsn_start, row_number)
    );
    CREATE TABLE IF NOT EXISTS document_streams (stream text PRIMARY KEY, lsn ${LSN} NOT NULL)
  `)
}

/** Since version 2. Rows of version 1 have none. */
export async function addCommitTime(client: Client): Promise<void> {
  await client.query('ALTER TABLE document_changes ADD COLUMN IF NOT EXISTS committed_at timestamptz')
}
