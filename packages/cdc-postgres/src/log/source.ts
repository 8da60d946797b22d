import type { CdcLsn } from '@uni/reload-cdc'
import type { Client } from 'pg'
import { connect, reasonOf } from '../connect.js'
import { PostgresCdcError } from '../errors.js'
import { lsnAt, positionOf, type WalLsn } from '../position.js'
import type { ChangeRows } from './change-batch.js'
import { requireHistory, serverOf, type Server } from './history.js'
import { typeNames, type Relation, type TypeNames } from './relations.js'
import { Replication, WRITES_VALUES } from './replication.js'
import { Session, type SessionOptions } from './session.js'
import { dropSlotIfThere, makeSlot, requirePublications, type Slot } from './slot.js'
import { loadRecord, saveRecord, type SlotRecord } from './slot-record.js'
import { snapshotRows } from './snapshot.js'
import { Transactions } from './transactions.js'

/** Milliseconds between two signs of life. The server waits 60 seconds for one by default (`wal_sender_timeout`). */
const STATUS_MS = 10_000

/** How many of them the server may leave without an answer. */
const UNANSWERED = 3

/** Bytes of WAL that nobody is sent, after which the slot is moved on: until then the server keeps them. */
const IDLE_BYTES = 1_048_576n

/** More WAL than this lies before the end of a snapshot, so that each of its batches has an end of its own. */
const SNAPSHOT_ROOM_BYTES = 8192

export interface SourceOptions extends SessionOptions {
  readonly publications: readonly string[]
  readonly snapshot: boolean
  readonly failover: boolean
}

/** Where what a source sends goes. */
export interface SourceTarget {
  readonly head: CdcLsn
  /** Whether everything that was given out is behind all streams. */
  readonly released: boolean
  take(rows: ChangeRows, end: CdcLsn, committedAt: Date): void
  beginsSnapshot(base: CdcLsn): void
  relation(relation: Relation): void
  /** Everything that was committed below `lsn` has been taken. */
  reached(lsn: WalLsn): void
  /** Resolves once there is room for another batch. */
  room(): Promise<void>
}

/** Where a source stood when its connection was lost. */
export interface Before {
  readonly head: CdcLsn
  readonly server: Server
}

interface Snapshot {
  readonly name: string
  readonly base: CdcLsn
  readonly end: CdcLsn
}

/** One connection to the slot, which is its own until it ends. */
export class Source {
  readonly server: Server
  /** Where the log begins, if this is the first source of it. */
  readonly start: CdcLsn
  readonly #options: SourceOptions
  readonly #session: Session
  readonly #client: Client
  readonly #types: TypeNames
  readonly #snapshot: Snapshot | undefined
  #record: SlotRecord
  #replication: Replication | undefined
  #reader: Client | undefined
  #acknowledged: WalLsn = 0n
  #paused = false
  #closed = false
  /** Of the last sign of life of the server. */
  #heardAt: number
  #sentUpTo: WalLsn = 0n

  private constructor(
    options: SourceOptions,
    parts: {
      readonly session: Session
      readonly client: Client
      readonly types: TypeNames
      readonly server: Server
      readonly start: CdcLsn
      readonly record: SlotRecord
      readonly snapshot?: Snapshot
    },
  ) {
    this.#options = options
    this.#session = parts.session
    this.#client = parts.client
    this.#types = parts.types
    this.server = parts.server
    this.start = parts.start
    this.#record = parts.record
    this.#snapshot = parts.snapshot
    this.#heardAt = options.clock.now()
  }

  /**
   * Connects, and takes the slot, or makes it.
   *
   * @param before what the log has had from the slot already.
   * @throws PostgresCdcError
   */
  static async open(options: SourceOptions, before: Before | undefined, signal: AbortSignal): Promise<Source> {
    const { connection, slot, publications } = options
    const session = await Session.open(options, signal)
    let client: Client | undefined
    try {
      await requirePublications(session.client, publications)
      const types = await typeNames(session.client)
      const record = await loadRecord(session.client, slot)
      // What was given out of a snapshot is no part of another: it is made anew, with a slot of its own.
      const found = await session.freeSlot(options, record)
      if (record?.phase === 'snapshot') await dropSlotIfThere(session.client, slot)
      client = await connect(connection, { replication: 'database', options: WRITES_VALUES } as object)
      const server = await serverOf(client)
      await requireHistory(client, server, before, slot)
      const parts = { session, client, types, server }
      if (found !== undefined && record?.phase !== 'snapshot') {
        return await Source.#taken(options, parts, found, record, before)
      }
      return await Source.#made(options, parts, record)
    } catch (error) {
      await Promise.all([session.close(), client?.end().catch(() => {})])
      signal.throwIfAborted()
      throw PostgresCdcError.is(error)
        ? error
        : new PostgresCdcError('CONNECTION', `the slot cannot be taken: ${reasonOf(error)}`, { slot, cause: error })
    }
  }

  static async #taken(
    options: SourceOptions,
    parts: { readonly session: Session; readonly client: Client; readonly types: TypeNames; readonly server: Server },
    { confirmed }: Slot,
    before: SlotRecord | undefined,
    had: Before | undefined,
  ): Promise<Source> {
    const { slot } = options
    if (before === undefined && options.snapshot) {
      throw new PostgresCdcError(
        'SLOT_FOREIGN',
        'the replication slot was not made for this log, and no snapshot goes with it',
        {
          slot,
          hint: 'Drop it, so that the log makes its own, or leave out `snapshot`.',
        },
      )
    }
    const record = { timeline: parts.server.timeline, ...before, phase: 'streaming' as const }
    if (before?.phase !== 'streaming') await saveRecord(parts.session.client, slot, record)
    const { boundary, idleTo } = record
    const position = positionOf(confirmed)
    const known = idleTo !== undefined && had !== undefined && idleTo > had.head ? idleTo : had?.head
    if (known !== undefined && confirmed > lsnAt(known)) {
      throw new PostgresCdcError(
        'SLOT_ADVANCED',
        `somebody has moved the replication slot on to ${position}, and what was committed from ${known} on is missing`,
        { slot, hint: 'Fill the sinks up to there by other means, and open the log again.' },
      )
    }
    // It was moved on while there was nothing to send: that is where the streams' checkpoints are.
    const idle = boundary !== undefined && idleTo !== undefined && boundary < position && position <= idleTo
    return new Source(options, { ...parts, record, start: idle ? boundary : position })
  }

  static async #made(
    options: SourceOptions,
    parts: { readonly session: Session; readonly client: Client; readonly types: TypeNames; readonly server: Server },
    before: SlotRecord | undefined,
  ): Promise<Source> {
    const { session, client, server } = parts
    const { slot, snapshot } = options
    const base = positionOf(await session.flushed())
    await session.mark(SNAPSHOT_ROOM_BYTES)
    const record: SlotRecord = {
      phase: snapshot ? 'snapshot' : 'made',
      timeline: server.timeline,
      ...(snapshot && { boundary: before?.boundary ?? base }),
    }
    // Before the slot is there, so that one without its snapshot is never taken for one with it.
    await saveRecord(session.client, slot, record)
    const made = await makeSlot(client, slot, { version: await session.version(), failover: options.failover })
    const end = positionOf(made.confirmed)
    if (snapshot) {
      return new Source(options, {
        ...parts,
        record,
        start: record.boundary ?? base,
        snapshot: { name: made.snapshot, base, end },
      })
    }
    const streaming: SlotRecord = { phase: 'streaming', timeline: server.timeline }
    await saveRecord(session.client, slot, streaming)
    return new Source(options, { ...parts, record: streaming, start: end })
  }

  /** Sends everything to `target` until the connection ends. Resolves with why. */
  async run(target: SourceTarget): Promise<unknown> {
    let stopTicking = (): void => {}
    try {
      const sent = this.#send(target)
      const tick = (): void => {
        this.#tick(target)
        stopTicking = this.#options.clock.after(STATUS_MS, tick)
      }
      stopTicking = this.#options.clock.after(STATUS_MS, tick)
      return await Promise.race([sent, this.#session.ended])
    } catch (error) {
      return error
    } finally {
      stopTicking()
      await this.close()
    }
  }

  /** What ends at or before `position` is behind all streams. */
  release(position: CdcLsn): void {
    this.#acknowledge(lsnAt(position))
    if (this.#snapshot !== undefined && this.#record.phase === 'snapshot' && position >= this.#snapshot.end) {
      this.#save({ phase: 'streaming', timeline: this.server.timeline })
    }
  }

  set paused(paused: boolean) {
    if (paused === this.#paused) return
    this.#paused = paused
    if (paused) this.#replication?.pause()
    else {
      this.#heardAt = this.#options.clock.now()
      this.#replication?.resume()
    }
  }

  /** How far the server's WAL is safe. */
  flushed(): Promise<WalLsn> {
    return this.#session.flushed()
  }

  /** An LSN behind everything that was committed when it was called. */
  mark(): Promise<WalLsn> {
    return this.#session.mark()
  }

  async close(): Promise<void> {
    this.#closed = true
    await this.#replication?.close()
    const clients = [this.#client, this.#reader]
    await Promise.all([this.#session.close(), ...clients.map((client) => client?.end().catch(() => {}))])
  }

  async #send(target: SourceTarget): Promise<unknown> {
    if (this.#snapshot !== undefined) await this.#sendSnapshot(this.#snapshot, target)
    const { slot, publications } = this.#options
    const transactions = new Transactions({
      types: this.#types,
      take: (rows, end, committedAt) => target.take(rows, end, committedAt),
      relation: (relation) => target.relation(relation),
    })
    this.#replication = await Replication.start(this.#client, {
      slot,
      publications,
      from: lsnAt(target.head),
      message: (message, bytes) => {
        transactions.take(message, bytes)
        this.#heardAt = this.#options.clock.now()
      },
      sentUpTo: (lsn) => {
        this.#heardAt = this.#options.clock.now()
        if (transactions.underWay) return
        this.#sentUpTo = lsn
        target.reached(lsn)
      },
    })
    if (this.#closed) await this.#replication.close()
    this.#replication.acknowledge(this.#acknowledged)
    if (this.#paused) this.#replication.pause()
    return await this.#replication.ended
  }

  async #sendSnapshot({ name, base, end }: Snapshot, target: SourceTarget): Promise<void> {
    target.beginsSnapshot(base)
    const reader = await connect(this.#options.connection, { options: WRITES_VALUES })
    this.#reader = reader
    try {
      const at = new Date()
      let parts = 0n
      // Held back by one, since the last ends where the slot begins.
      let last: ChangeRows | undefined
      const { publications } = this.#options
      const relation = (one: Relation): void => target.relation(one)
      for await (const rows of snapshotRows(reader, { snapshot: name, publications, types: this.#types, relation })) {
        if (last !== undefined) target.take(last, base + (parts += 1n), at)
        last = rows
        await target.room()
        if (this.#closed) return
      }
      if (last !== undefined) target.take(last, end, at)
      else this.#save({ phase: 'streaming', timeline: this.server.timeline, boundary: base, idleTo: end })
    } finally {
      await reader.end().catch(() => {})
    }
  }

  #tick(target: SourceTarget): void {
    const silentMs = this.#options.clock.now() - this.#heardAt
    if (this.#replication !== undefined && !this.#paused && silentMs > UNANSWERED * STATUS_MS) {
      void this.close()
      return
    }
    this.#replication?.status(true)
    const { head } = target
    const idleTo = this.#sentUpTo
    if (!target.released || idleTo - this.#acknowledged < IDLE_BYTES || idleTo < lsnAt(head)) return
    const { phase, timeline } = this.#record
    if (phase !== 'streaming') return
    this.#save({ phase, timeline, boundary: head, idleTo: positionOf(idleTo) }, () => this.#acknowledge(idleTo))
  }

  #acknowledge(lsn: WalLsn): void {
    if (lsn > this.#acknowledged) this.#acknowledged = lsn
    this.#replication?.acknowledge(this.#acknowledged)
  }

  /** A record that cannot be saved is saved another time: until then it is only that more is sent again. */
  #save(record: SlotRecord, then: () => void = () => {}): void {
    saveRecord(this.#session.client, this.#options.slot, record).then(
      () => {
        this.#record = record
        then()
      },
      () => {},
    )
  }
}
