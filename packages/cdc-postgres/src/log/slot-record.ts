import type { CdcLsn } from '@uni/reload-cdc'
import type { Client } from 'pg'
import { ensureTable, OWN_SCHEMA } from '../own-tables.js'

/**
 * What the source remembers of a slot, so that one that is gone is not taken for one that is new, and a slot that was
 * moved on while nothing was to be sent begins where the streams' checkpoints are.
 */
export interface SlotRecord {
  /** `made`: the slot is to be there, without a snapshot; `snapshot`: one is being sent; `streaming`: it was. */
  readonly phase: 'made' | 'snapshot' | 'streaming'
  /** Of the server, when all that had been given out was its own. */
  readonly timeline: number
  /** Nothing lies between these two. In the phase `snapshot`: below `boundary` no snapshot of the slot's has begun. */
  readonly boundary?: CdcLsn
  readonly idleTo?: CdcLsn
}

interface Row {
  readonly phase: SlotRecord['phase']
  readonly timeline: number
  readonly boundary: string | null
  readonly idle_to: string | null
}

const TABLE = `${OWN_SCHEMA}.slots`

export async function loadRecord(client: Client, slot: string): Promise<SlotRecord | undefined> {
  await ensureTable(client, 'slots')
  const { rows } = await client.query<Row>(`SELECT phase, timeline, boundary, idle_to FROM ${TABLE} WHERE slot = $1`, [
    slot,
  ])
  const [row] = rows
  if (row === undefined) return undefined
  return {
    phase: row.phase,
    timeline: row.timeline,
    ...(row.boundary !== null && { boundary: BigInt(row.boundary) }),
    ...(row.idle_to !== null && { idleTo: BigInt(row.idle_to) }),
  }
}

export async function saveRecord(client: Client, slot: string, record: SlotRecord): Promise<void> {
  const { phase, timeline, boundary, idleTo } = record
  await client.query(
    `
    INSERT INTO ${TABLE} (slot, phase, timeline, boundary, idle_to) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (slot)
    DO UPDATE SET phase = excluded.phase, timeline = excluded.timeline, boundary = excluded.boundary, idle_to = excluded.idle_to
    `,
    [slot, phase, timeline, boundary?.toString() ?? null, idleTo?.toString() ?? null],
  )
}

export async function deleteRecord(client: Client, slot: string): Promise<void> {
  await ensureTable(client, 'slots')
  await client.query(`DELETE FROM ${TABLE} WHERE slot = $1`, [slot])
}
