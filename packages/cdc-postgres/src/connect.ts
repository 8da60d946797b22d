import type { MaybePromise } from '@uni/reload-core'
import { Client, type ClientConfig } from 'pg'
import { PostgresCdcError } from './errors.js'

/**
 * Where the server is: a connection string, what `pg` takes, or a function that says it each time a connection is made,
 * for a server that moves.
 */
export type Connection = string | ClientConfig | (() => MaybePromise<string | ClientConfig>)

/** Milliseconds until a server that does not answer counts as unreachable, unless the configuration says otherwise. */
const CONNECT_TIMEOUT_MS = 10_000

/** @throws PostgresCdcError `CONNECTION`. */
export async function connect(connection: Connection, own: ClientConfig = {}): Promise<Client> {
  const given = typeof connection === 'function' ? await connection() : connection
  const client = new Client({
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    keepAlive: true,
    application_name: 'uni-reload-cdc',
    ...(typeof given === 'string' ? { connectionString: given } : given),
    ...own,
  })
  // A connection that is lost while it is idle says so here, and would end the process if nobody listened.
  client.on('error', () => {})
  try {
    await client.connect()
    return client
  } catch (cause) {
    void client.end().catch(() => {})
    throw new PostgresCdcError('CONNECTION', `PostgreSQL cannot be reached: ${reasonOf(cause)}`, { cause })
  }
}

export function reasonOf(error: unknown): string {
  if (error instanceof AggregateError && error.message === '') return error.errors.map(reasonOf).join('; ')
  return error instanceof Error ? error.message : String(error)
}

/** An SQL identifier, quoted. */
export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

/** An SQL string, quoted. */
export function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}

/** `SQLSTATE` of what the server refused. */
export function sqlState(error: unknown): string | undefined {
  const code: unknown = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined
  return typeof code === 'string' ? code : undefined
}
