import { onAbort, type Clock } from '@uni/reload-core'
import type { Client } from 'pg'
import { connect, reasonOf, sqlState, type Connection } from '../connect.js'
import { PostgresCdcError } from '../errors.js'
import { parseLsn, type WalLsn } from '../position.js'
import { findSlot, type Slot } from './slot.js'
import type { SlotRecord } from './slot-record.js'

/** Milliseconds between two looks whether a slot is free whose reader has ended its session. */
const LOOKS_AGAIN_MS = 50

/** A first number for the locks of this package, so that they are no other program's. */
const LOCKS = 0x7265_6c6f

export interface SessionOptions {
  readonly connection: Connection
  readonly slot: string
  readonly whenInUseMs: number
  readonly clock: Clock
}

/**
 * A connection for queries beside the one that replicates. While it is there it holds a lock of the slot: whoever wants
 * the slot next waits for that, and gets it in the turn in which this one ends, however it does.
 */
export class Session {
  readonly client: Client
  /** Resolves with why it has ended. */
  readonly ended: Promise<unknown>

  private constructor(client: Client) {
    this.client = client
    this.ended = new Promise((resolve) => {
      client.on('error', resolve)
      client.on('end', () => resolve(new PostgresCdcError('CONNECTION', 'the server has ended the connection')))
    })
  }

  /** @throws PostgresCdcError `CONNECTION`, `SLOT_IN_USE`; the reason of `signal`. */
  static async open(options: SessionOptions, signal: AbortSignal): Promise<Session> {
    // What the log writes down has to be durable before it acts upon it.
    const client = await connect(options.connection, { options: '-c synchronous_commit=on' })
    const stopListening = onAbort(signal, () => void client.end().catch(() => {}))
    try {
      signal.throwIfAborted()
      await requirePrimary(client)
      await lock(client, options)
      signal.throwIfAborted()
      return new Session(client)
    } catch (error) {
      void client.end().catch(() => {})
      signal.throwIfAborted()
      throw error
    } finally {
      stopListening()
    }
  }

  /** The slot, once nobody reads from it. */
  async freeSlot(
    { slot, whenInUseMs, clock }: SessionOptions,
    record: SlotRecord | undefined,
  ): Promise<Slot | undefined> {
    for (const begun = clock.now(); ;) {
      const found = await findSlot(this.client, slot, record)
      if (found?.activePid === undefined) return found
      if (clock.now() - begun >= whenInUseMs) throw inUse(slot, found.activePid)
      await new Promise<void>((resolve) => clock.after(LOOKS_AGAIN_MS, resolve))
    }
  }

  async version(): Promise<number> {
    const { rows } = await this.client.query<{ version: string }>(
      "SELECT current_setting('server_version_num') AS version",
    )
    return Number(rows[0]?.version)
  }

  /** How far the server's WAL is safe. */
  async flushed(): Promise<WalLsn> {
    const { rows } = await this.client.query<{ lsn: string }>('SELECT pg_current_wal_flush_lsn() AS lsn')
    return parseLsn(rows[0]?.lsn ?? '')
  }

  /** Writes what nobody is sent, and that is safe once it resolves. @returns where it ends, or a little before. */
  async mark(bytes = 0): Promise<WalLsn> {
    const { rows } = await this.client.query<{ lsn: string }>(
      "SELECT pg_logical_emit_message(true, 'uni-reload-cdc', repeat(' ', $1)) AS lsn",
      [bytes],
    )
    return parseLsn(rows[0]?.lsn ?? '')
  }

  async close(): Promise<void> {
    await this.client.end().catch(() => {})
  }
}

async function requirePrimary(client: Client): Promise<void> {
  const { rows } = await client.query<{ standby: boolean; level: string }>(
    "SELECT pg_is_in_recovery() AS standby, current_setting('wal_level') AS level",
  )
  // It may become the primary at any moment, in a failover.
  if (rows[0]?.standby === true) throw new PostgresCdcError('CONNECTION', 'the server is a standby, not the primary')
  if (rows[0]?.level !== 'logical') {
    throw new PostgresCdcError('SERVER', `the server has wal_level=${rows[0]?.level}, and a log needs logical`, {
      hint: 'Set wal_level=logical in postgresql.conf, and restart the server.',
    })
  }
}

async function lock(client: Client, { slot, whenInUseMs }: SessionOptions): Promise<void> {
  try {
    await client.query(`SET lock_timeout = ${Math.max(1, Math.min(Math.ceil(whenInUseMs), 0x7fff_ffff))}`)
    await client.query('SELECT pg_advisory_lock($1, hashtext($2))', [LOCKS, slot])
    await client.query('SET lock_timeout = DEFAULT')
  } catch (cause) {
    if (sqlState(cause) === '55P03') throw inUse(slot, (await findSlot(client, slot, undefined))?.activePid)
    throw new PostgresCdcError('CONNECTION', `the slot cannot be locked: ${reasonOf(cause)}`, { slot, cause })
  }
}

function inUse(slot: string, pid: number | undefined): PostgresCdcError {
  const by = pid === undefined ? 'another log' : `the server process ${pid}`
  return new PostgresCdcError('SLOT_IN_USE', `the replication slot is still in use by ${by}`, {
    slot,
    hint: `A slot has one reader: close the log that has it${pid === undefined ? '' : `, or end its connection with SELECT pg_terminate_backend(${pid})`}.`,
  })
}
