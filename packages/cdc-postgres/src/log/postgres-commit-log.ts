import {
  ASYNC_DISPOSE,
  checkOptions,
  onAbort,
  option,
  systemClock,
  type Clock,
  type OptionChecks,
} from '@uni/reload-core'
import type { CdcBatch, CdcLsn, CommitLog } from '@uni/reload-cdc'
import type { PostgresColumn } from '../changes.js'
import { connect, sqlState, type Connection } from '../connect.js'
import { PostgresCdcError } from '../errors.js'
import { lsnAt, positionOf, type WalLsn } from '../position.js'
import type { ChangeRows } from './change-batch.js'
import type { Relation } from './relations.js'
import { Retained } from './retained.js'
import { deleteRecord } from './slot-record.js'
import { dropSlotIfThere } from './slot.js'
import { Source, type SourceOptions, type SourceTarget } from './source.js'

/** What happens to a log. */
export type PostgresLogEvent =
  | { readonly type: 'connected'; readonly timeline: number }
  /** The connection was lost, and is made again. */
  | { readonly type: 'disconnected'; readonly error: unknown; readonly retryInMs: number }
  /** It cannot go on: streams that wait for it halt with the error. It is tried again when one is resumed. */
  | { readonly type: 'failed'; readonly error: unknown }
  /** A table is seen for the first time, or has other columns than before. */
  | {
      readonly type: 'relation'
      readonly relation: string
      readonly columns: readonly PostgresColumn[]
      readonly before?: readonly PostgresColumn[] | undefined
    }

export interface PostgresCommitLogOptions {
  /** The user needs `REPLICATION`, and `CREATE` on the database for the schema `reload_cdc`. */
  readonly connection: Connection
  /** The name of the replication slot, which is made if there is none. */
  readonly slot: string
  readonly publication: string | readonly string[]
  /** Whether a slot that is made begins with the rows that there are. Default false. */
  readonly snapshot?: boolean | undefined
  /** Whether a slot that is made is kept by standbys, where the server can do that (17 and later). Default true. */
  readonly failover?: boolean | undefined
  /** Milliseconds to wait for the slot while another log has it. Default 60,000. */
  readonly whenInUseMs?: number | undefined
  /** Bytes of changes that are kept in memory for streams that lag, beyond which the server has to wait. Default 64 MiB. */
  readonly maxBufferedBytes?: number | undefined
  readonly onEvent?: ((event: PostgresLogEvent) => void) | undefined
  readonly clock?: Clock | undefined
  /** Ends the call, not the log. */
  readonly signal?: AbortSignal | undefined
}

const OPTIONS: OptionChecks<PostgresCommitLogOptions> = {
  connection: option.required(option.given),
  slot: option.required(slotName),
  publication: option.required(publications),
  snapshot: option.flag,
  failover: option.flag,
  whenInUseMs: option.from(0),
  maxBufferedBytes: option.positive,
  onEvent: option.function,
  clock: option.with('now', 'after'),
  signal: option.signal,
}

function slotName(value: unknown, path: string): string {
  if (typeof value === 'string' && /^[a-z0-9_]{1,63}$/.test(value)) return value
  throw new TypeError(`${path}: expected 1 to 63 of a to z, 0 to 9 and _, and got ${JSON.stringify(value)}`)
}

function publications(value: unknown, path: string): readonly string[] {
  const names: readonly unknown[] = Array.isArray(value) ? value : [value]
  if (names.length > 0 && names.every((name) => typeof name === 'string' && name !== '')) return names as string[]
  throw new TypeError(`${path}: expected the name of a publication, or several`)
}

const RETRY_MS = 100
const MAX_RETRY_MS = 30_000
const MAX_BUFFERED_BYTES = 67_108_864

/**
 * What is committed on a PostgreSQL, by logical replication. The slot is acknowledged only up to where the log was
 * released, the lowest checkpoint of all streams, so that after a crash everything is sent again that one may need, in
 * the same batches.
 */
export class PostgresCommitLog implements CommitLog {
  readonly #options: SourceOptions
  readonly #onEvent: (event: PostgresLogEvent) => void
  readonly #clock: Clock
  readonly #retained: Retained
  readonly #closing = new AbortController()
  readonly #relations = new Map<string, Relation>()
  readonly #ended: Promise<void>
  #source: Source
  #connected = true
  /** Fires when the log cannot go on, and is another after it went on. */
  #failing = new AbortController()
  #retry: () => void = () => {}
  /** Told of whatever changes what waiters wait for. */
  readonly #changed = new Set<() => void>()
  #reached: WalLsn
  /** How many wait for what lies beyond the head: for them more is taken than there is room for. */
  #wanted = 0

  private constructor(options: SourceOptions, given: Readonly<PostgresCommitLogOptions>, source: Source) {
    this.#options = options
    this.#onEvent = given.onEvent ?? (() => {})
    this.#clock = options.clock
    this.#source = source
    this.#retained = new Retained(source.start, given.maxBufferedBytes ?? MAX_BUFFERED_BYTES)
    this.#reached = lsnAt(source.start)
    this.#ended = this.#run()
  }

  /**
   * Takes the slot, waiting for one that another log has, or makes it.
   *
   * @throws PostgresCdcError; the reason of `signal`.
   */
  static async open(options: PostgresCommitLogOptions): Promise<PostgresCommitLog> {
    const given = checkOptions(options, 'PostgresCommitLog options', OPTIONS)
    const { connection, slot, clock = systemClock, whenInUseMs = 60_000, snapshot = false, failover = true } = given
    const source: SourceOptions = {
      connection,
      slot,
      clock,
      whenInUseMs,
      snapshot,
      failover,
      publications: given.publication as readonly string[],
    }
    const signal = given.signal ?? new AbortController().signal
    return new PostgresCommitLog(source, given, await Source.open(source, undefined, signal))
  }

  /** Drops the slot, and what the database remembers of it. A log that is opened then begins with a new one. */
  static async dropSlot({ connection, slot }: Pick<PostgresCommitLogOptions, 'connection' | 'slot'>): Promise<void> {
    const client = await connect(connection)
    try {
      await dropSlotIfThere(client, slotName(slot, 'dropSlot slot'))
      await deleteRecord(client, slot)
    } finally {
      await client.end()
    }
  }

  get head(): CdcLsn {
    return this.#retained.log.head
  }

  get oldest(): CdcLsn {
    return this.#retained.log.oldest
  }

  /** What lies beyond the head is waited for, if the server has it. */
  async *read(from: CdcLsn): AsyncGenerator<CdcBatch, void, undefined> {
    await this.#arrival(from)
    yield* this.#retained.read(from)
  }

  /** What lies beyond the head is waited for, if the server has it. */
  async canReadFrom(lsn: CdcLsn): Promise<boolean> {
    await this.#arrival(lsn)
    return this.#retained.canReadFrom(lsn)
  }

  /** @throws PostgresCdcError where the log cannot go on, once it was tried again. */
  async waitFor(lsn: CdcLsn, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    if (this.head > lsn) return
    if (this.#failing.signal.aborted) await this.#tryAgain(signal)
    await this.#until(() => this.head > lsn, signal)
  }

  release(upTo: CdcLsn): void {
    this.#retained.release(upTo)
    this.#source.release(this.oldest)
    this.#pace()
  }

  /**
   * Resolves with the head once the log has everything that was committed when it was called:
   * `await pump.caughtUp(await log.current())`.
   */
  async current(): Promise<CdcLsn> {
    const upTo = await this.#ask((source) => source.mark())
    await this.#until(() => this.#reached >= upTo)
    return this.head
  }

  /** Lets go of the slot, for whoever opens a log on it next. */
  async close(): Promise<void> {
    this.#closing.abort(new PostgresCdcError('CLOSED', 'the log was closed', { slot: this.#options.slot }))
    this.#retry()
    this.#tellChange()
    await this.#source.close()
    await this.#ended
  }

  [ASYNC_DISPOSE](): Promise<void> {
    return this.close()
  }

  async #run(): Promise<void> {
    const { signal } = this.#closing
    for (let failures = 0; !signal.aborted;) {
      if (this.#connected) {
        this.#emit({ type: 'connected', timeline: this.#source.server.timeline })
        const error = await this.#source.run(this.#target())
        this.#connected = false
        failures = 0
        if (!signal.aborted) await this.#recover(error, 0)
        continue
      }
      try {
        this.#source = await Source.open(this.#options, { head: this.head, server: this.#source.server }, signal)
        this.#connected = true
        if (this.#failing.signal.aborted) this.#failing = new AbortController()
        this.#tellChange()
      } catch (error) {
        failures += 1
        if (!signal.aborted) await this.#recover(error, failures)
      }
    }
    await this.#source.close()
  }

  /** Waits before the next attempt: a while, or, where nothing comes of waiting, until somebody wants the log again. */
  async #recover(error: unknown, failures: number): Promise<void> {
    if (PostgresCdcError.is(error) && !error.retryable) {
      this.#failing.abort(error)
      this.#tellChange()
      this.#emit({ type: 'failed', error })
      await new Promise<void>((resolve) => {
        this.#retry = resolve
      })
      return
    }
    const ceiling = Math.min(MAX_RETRY_MS, RETRY_MS * 2 ** failures)
    const retryInMs = ceiling / 2 + Math.random() * (ceiling / 2)
    this.#emit({ type: 'disconnected', error, retryInMs })
    await new Promise<void>((resolve) => {
      const stop = this.#clock.after(retryInMs, resolve)
      this.#retry = () => {
        stop()
        resolve()
      }
    })
  }

  /** One attempt more of a log that has failed. */
  async #tryAgain(signal: AbortSignal): Promise<void> {
    this.#failing = new AbortController()
    this.#retry()
    await this.#until(() => this.#connected, signal)
  }

  #target(): SourceTarget {
    const retained = this.#retained
    const { log } = retained
    return {
      get head() {
        return log.head
      },
      get released() {
        return log.oldest === log.head
      },
      take: (rows, end, committedAt) => this.#take(rows, end, committedAt),
      beginsSnapshot: (base) => retained.beginsSnapshot(base),
      relation: (relation) => this.#describe(relation),
      reached: (lsn) => {
        if (lsn > this.#reached) this.#reached = lsn
        this.#tellChange()
      },
      room: () => retained.room(),
    }
  }

  #take(rows: ChangeRows, end: CdcLsn, committedAt: Date): void {
    this.#retained.append(rows, end, committedAt)
    if (lsnAt(end) > this.#reached) this.#reached = lsnAt(end)
    this.#tellChange()
    this.#pace()
  }

  #describe(relation: Relation): void {
    const before = this.#relations.get(relation.name)
    if (before?.described === relation.described) return
    this.#relations.set(relation.name, relation)
    this.#emit({
      type: 'relation',
      relation: relation.name,
      columns: relation.columns,
      ...(before && { before: before.columns }),
    })
  }

  /** Resolves once `lsn` is at or below the head, or the server says that nothing ends there. */
  async #arrival(lsn: CdcLsn): Promise<void> {
    if (lsn <= this.head) return
    // Between two positions of one byte lies an end only in a commit record that begins there.
    const needed = lsnAt(lsn) + (positionOf(lsnAt(lsn)) === lsn ? 0n : 1n)
    if (needed > this.#reached && needed > (await this.#ask((source) => source.flushed()))) return
    this.#wanted += 1
    this.#pace()
    try {
      await this.#until(() => lsn <= this.head || this.#reached >= needed)
    } finally {
      this.#wanted -= 1
      this.#pace()
    }
  }

  /** What the server says; where the connection is lost meanwhile, once there is another. */
  async #ask<T>(question: (source: Source) => Promise<T>): Promise<T> {
    for (;;) {
      await this.#until(() => this.#connected)
      const source = this.#source
      try {
        return await question(source)
      } catch (error) {
        if (isRefusal(error)) throw error
        await this.#until(() => this.#source !== source)
      }
    }
  }

  #pace(): void {
    this.#source.paused = this.#retained.full && this.#wanted === 0
  }

  /** @throws what the log failed with, the reason of the signal, or that the log was closed. */
  async #until(holds: () => boolean, signal?: AbortSignal): Promise<void> {
    for (;;) {
      signal?.throwIfAborted()
      this.#closing.signal.throwIfAborted()
      this.#failing.signal.throwIfAborted()
      if (holds()) return
      await new Promise<void>((resolve) => {
        const wake = (): void => {
          this.#changed.delete(wake)
          stopListening?.()
          resolve()
        }
        this.#changed.add(wake)
        const stopListening = signal && onAbort(signal, wake)
      })
    }
  }

  #tellChange(): void {
    for (const wake of this.#changed) wake()
  }

  #emit(event: PostgresLogEvent): void {
    try {
      this.#onEvent(event)
    } catch {
      // Who watches a log must not stop it.
    }
  }
}

/** Whether the server answered, and said no. Classes 08 and 57 are about connections. */
function isRefusal(error: unknown): boolean {
  const state = sqlState(error)
  return state !== undefined && /^[0-9A-Z]{5}$/.test(state) && !/^(?:08|57)/.test(state)
}
