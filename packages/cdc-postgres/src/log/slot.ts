import type { Client } from 'pg'
import { literal, quoted } from '../connect.js'
import { PostgresCdcError } from '../errors.js'
import { parseLsn, type WalLsn } from '../position.js'
import type { SlotRecord } from './slot-record.js'

/** A slot as the server has it. */
export interface Slot {
  readonly confirmed: WalLsn
  /** The process of the server that sends from it. */
  readonly activePid: number | undefined
}

interface Row {
  readonly plugin: string | null
  readonly database: string | null
  readonly here: string
  readonly active_pid: number | null
  readonly confirmed: string | null
  readonly wal_status: string | null
  readonly invalidation: string | null
}

const ANEW =
  'Drop it with PostgresCommitLog.dropSlot, fill the sinks by other means or with `snapshot: true`, and open the log again'

/**
 * The slot, held to what the log needs of it.
 *
 * @returns `undefined` where there is none, and none was made.
 * @throws PostgresCdcError `SLOT_FOREIGN`, `SLOT_LOST`, `SLOT_MISSING`.
 */
export async function findSlot(
  client: Client,
  slot: string,
  record: SlotRecord | undefined,
): Promise<Slot | undefined> {
  const { rows } = await client.query<Row>(
    `
    SELECT plugin, database, current_database() AS here, active_pid, confirmed_flush_lsn::text AS confirmed,
      wal_status, to_jsonb(s) ->> 'invalidation_reason' AS invalidation
    FROM pg_replication_slots AS s WHERE slot_name = $1
    `,
    [slot],
  )
  const [row] = rows
  if (row === undefined) {
    if (record?.phase !== 'streaming') return undefined
    throw new PostgresCdcError(
      'SLOT_MISSING',
      'the replication slot is gone, and with it what was committed since the streams took their checkpoints',
      { slot, hint: `It was dropped, or the server failed over to one without it. ${ANEW}.` },
    )
  }
  if (row.plugin !== 'pgoutput' || row.database !== row.here) {
    throw new PostgresCdcError(
      'SLOT_FOREIGN',
      `the replication slot is of ${row.plugin ?? 'no plugin'} in the database ${row.database ?? 'of none'}, and a log needs one of pgoutput in ${row.here}`,
      { slot, hint: 'Give the log a slot name of its own.' },
    )
  }
  if (row.wal_status === 'lost' || row.invalidation !== null) {
    throw new PostgresCdcError(
      'SLOT_LOST',
      `the server has invalidated the replication slot (${row.invalidation ?? 'wal_removed'}): what was committed from LSN ${row.confirmed ?? 'unknown'} on, where it stood, cannot be sent any more`,
      { slot, hint: `See max_slot_wal_keep_size of the server. ${ANEW}.` },
    )
  }
  return { confirmed: parseLsn(row.confirmed ?? '0/0'), activePid: row.active_pid ?? undefined }
}

export interface MadeSlot {
  readonly confirmed: WalLsn
  /** What a transaction sees that takes part in it: everything that was committed before `confirmed`. */
  readonly snapshot: string
}

/** @param client connected with `replication: 'database'`. The snapshot ends with its next command. */
export async function makeSlot(
  client: Client,
  slot: string,
  { version, failover }: { readonly version: number; readonly failover: boolean },
): Promise<MadeSlot> {
  const options = version >= 150_000 ? `(SNAPSHOT 'export'${failover && version >= 170_000 ? ', FAILOVER' : ''})` : ''
  try {
    const { rows } = await client.query<{ consistent_point: string; snapshot_name: string }>(
      `CREATE_REPLICATION_SLOT ${quoted(slot)} LOGICAL pgoutput ${options}`,
    )
    const [row] = rows as [{ consistent_point: string; snapshot_name: string }]
    return { confirmed: parseLsn(row.consistent_point), snapshot: row.snapshot_name }
  } catch (cause) {
    throw new PostgresCdcError('SERVER', `the replication slot cannot be made: ${(cause as Error).message}`, {
      slot,
      hint: 'The user needs REPLICATION, and the server wal_level=logical and a free one of max_replication_slots.',
      cause,
    })
  }
}

/** @throws PostgresCdcError `PUBLICATION`. */
export async function requirePublications(client: Client, names: readonly string[]): Promise<void> {
  const { rows } = await client.query<{ pubname: string }>(
    'SELECT pubname FROM pg_publication WHERE pubname = ANY ($1)',
    [names],
  )
  const missing = names.filter((name) => rows.every(({ pubname }) => pubname !== name))
  if (missing.length === 0) return
  throw new PostgresCdcError('PUBLICATION', `the database has no publication ${missing.map(quoted).join(', ')}`, {
    hint: `Say what is to be sent, such as CREATE PUBLICATION ${quoted(missing[0] as string)} FOR TABLE ….`,
  })
}

export async function dropSlotIfThere(client: Client, slot: string): Promise<void> {
  await client.query(
    `SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = ${literal(slot)}`,
  )
}
