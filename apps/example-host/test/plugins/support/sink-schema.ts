import { Client } from 'pg'

/** A role and a schema of their own in a database, as a sink has them, and a way to look into them from outside. */
export interface SinkSchema extends AsyncDisposable {
  readonly connectionString: string
  readonly admin: Client
  readonly name: string
  /** Ends the connections of the sink, wherever they are in what they do. */
  kill(): Promise<void>
}

/** Has a server not wait for its disk. What is killed here is never the machine. */
export async function inHaste(server: string): Promise<void> {
  const admin = new Client(server)
  await admin.connect()
  await admin.query('ALTER SYSTEM SET fsync = off')
  await admin.query('ALTER SYSTEM SET synchronous_commit = off')
  await admin.query('SELECT pg_reload_conf()')
  await admin.end()
}

let schemas = 0

export async function sinkSchema(server: string): Promise<SinkSchema> {
  const name = `sink_${(schemas += 1)}`
  const admin = new Client(server)
  await admin.connect()
  await admin.query(
    `CREATE ROLE ${name} LOGIN PASSWORD 'sink'; CREATE SCHEMA ${name} AUTHORIZATION ${name}; SET search_path = ${name}`,
  )
  const url = new URL(server)
  url.username = name
  url.password = 'sink'
  const kill = async (): Promise<void> => {
    // Waits for each to be gone, with its transaction rolled back or not, as the killed process could not tell either.
    await admin.query('SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE usename = $1', [name])
  }
  return {
    name,
    admin,
    kill,
    connectionString: url.href,
    async [Symbol.asyncDispose]() {
      await kill()
      await admin.query(`DROP SCHEMA ${name} CASCADE; DROP OWNED BY ${name}; DROP ROLE ${name}`)
      await admin.end()
    },
  }
}

/** The ids of a stream's rows, in order; each the number that it was made from. */
export async function storedIds({ admin }: SinkSchema, stream: string): Promise<string[]> {
  const { rows: tables } = await admin.query<{ there: boolean }>(
    "SELECT to_regclass('document_changes') IS NOT NULL AS there",
  )
  if (tables[0]?.there !== true) return []
  const { rows } = await admin.query<{ id: string }>(
    'SELECT id FROM document_changes WHERE stream = $1 ORDER BY lsn_start, row_number',
    [stream],
  )
  return rows.map(({ id }) => id)
}
