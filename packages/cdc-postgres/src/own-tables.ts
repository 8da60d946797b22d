import type { Client } from 'pg'

/** The schema of what the package keeps for itself. Changes of its tables are never part of a log. */
export const OWN_SCHEMA = 'reload_cdc'

/** A lock of PostgreSQL's, so that what is started at the same time does not create the same table twice. */
const DDL_LOCK = 7_301_984_512

/** Positions have more bits than a `bigint` of PostgreSQL's. */
const POSITION = 'numeric'

const TABLES = {
  slots: `(
    slot text PRIMARY KEY, phase text NOT NULL, timeline integer NOT NULL,
    boundary ${POSITION}, idle_to ${POSITION}
  )`,
  checkpoints: `(stream text COLLATE "C" PRIMARY KEY, lsn ${POSITION} NOT NULL)`,
  sinks: `(stream text COLLATE "C" PRIMARY KEY, lsn ${POSITION} NOT NULL)`,
}

/** Makes a table of the package's own where there is none. Who makes it needs `CREATE` on the database. */
export async function ensureTable(client: Client, name: keyof typeof TABLES): Promise<void> {
  const table = `${OWN_SCHEMA}.${name}`
  const { rows } = await client.query<{ found: boolean }>('SELECT to_regclass($1) IS NOT NULL AS found', [table])
  if (rows[0]?.found === true) return
  await client.query('BEGIN')
  try {
    await client.query(`SELECT pg_advisory_xact_lock(${DDL_LOCK})`)
    await client.query(`CREATE SCHEMA IF NOT EXISTS ${OWN_SCHEMA}`)
    await client.query(`CREATE TABLE IF NOT EXISTS ${table} ${TABLES[name]}`)
    await client.query('COMMIT')
  } catch (error) {
    await client.query('ROLLBACK').catch(() => {})
    throw error
  }
}

/**
 * The name of a stream as it is stored. Any string may name a stream, and text of PostgreSQL has neither the character
 * 0 nor half a surrogate pair: they are escaped as in JSON.
 */
export function storedName(stream: string): string {
  return JSON.stringify(stream).slice(1, -1)
}
