import type { Client } from 'pg'
import { PostgresCdcError } from '../errors.js'
import { lsnAt, parseLsn, positionOf, type WalLsn } from '../position.js'
import type { CdcLsn } from '@uni/reload-cdc'

/** Which history of WAL a server writes. */
export interface Server {
  /** The same in a server, its standbys and what is restored from its backups. */
  readonly system: string
  /** Another after each promotion of a standby. */
  readonly timeline: number
  readonly flushed: WalLsn
}

/** @param client connected with `replication: 'database'`. */
export async function serverOf(client: Client): Promise<Server> {
  const { rows } = await client.query<{ systemid: string; timeline: number | string; xlogpos: string }>(
    'IDENTIFY_SYSTEM',
  )
  const [row] = rows as [{ systemid: string; timeline: number | string; xlogpos: string }]
  return { system: row.systemid, timeline: Number(row.timeline), flushed: parseLsn(row.xlogpos) }
}

/**
 * Holds a server to what was had before: its WAL has to go on from there, and not beside it.
 *
 * @throws PostgresCdcError `DIVERGED`.
 */
export async function requireHistory(
  client: Client,
  server: Server,
  before: { readonly head: CdcLsn; readonly server: Server } | undefined,
  slot: string,
): Promise<void> {
  if (before === undefined) return
  const { head } = before
  if (server.system !== before.server.system) {
    throw diverged(slot, `it is another server (system ${server.system}) than before (${before.server.system})`)
  }
  const shared =
    server.timeline === before.server.timeline ? server.flushed : await forkOf(client, server, before.server)
  if (lsnAt(head) <= shared) return
  throw diverged(
    slot,
    `the server has the log only up to ${positionOf(shared)} (timeline ${server.timeline}), and the streams were given it up to ${head}: it has lost what lies between, which the sinks may have`,
  )
}

/** Up to where two timelines are the same. */
async function forkOf(client: Client, server: Server, before: Server): Promise<WalLsn> {
  const { rows } = await client.query<{ content: string | Buffer }>(`TIMELINE_HISTORY ${server.timeline}`)
  return forkIn(String(rows[0]?.content ?? ''), before.timeline)
}

/** Each line of a history has a timeline, the LSN at which the next left it, and why. */
function forkIn(history: string, timeline: number): WalLsn {
  for (const line of history.split('\n')) {
    const [, of, lsn] = /^\s*(\d+)\s+(\S+)/.exec(line) ?? []
    if (lsn !== undefined && Number(of) === timeline) return parseLsn(lsn)
  }
  return 0n
}

function diverged(slot: string, reason: string): PostgresCdcError {
  return new PostgresCdcError('DIVERGED', reason, {
    slot,
    hint: 'Compare the sinks with the server, or fill them anew: drop the slot with PostgresCommitLog.dropSlot, and open the log with `snapshot: true`.',
  })
}
