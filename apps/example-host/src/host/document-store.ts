import { CdcError, type CdcBatch, type CdcLsn, type CommitLog } from '@uni/reload-cdc'
import { onAbort } from '@uni/reload-core'
import { open, type Database, type RootDatabase } from 'lmdb'
import { toBatch, type DocumentChange } from './document.js'

interface LogEntry {
  readonly changes: readonly DocumentChange[]
  /** Milliseconds since 1970. */
  readonly committedAt: number
}

/** The documents and the commit log, in one LMDB environment and so in one transaction. One LSN a commit, from 0. */
export class DocumentStore implements CommitLog {
  readonly #root: RootDatabase
  readonly #documents: Database<DocumentChange, string>
  readonly #log: Database<LogEntry, number>
  /** Operations on what people edit together: by its name, in the order they were made. */
  readonly #edits: Database<Uint8Array, [name: string, nth: number]>
  readonly #edited = new Map<string, number>()
  /**
   * From where the log is needed to bring a saved index up to date: by the index, by the plugin version that saved it.
   */
  readonly #pins = new Map<string, Map<string, CdcLsn>>()
  #head: number
  #oldest: number
  #waiters: (() => void)[] = []
  #lastCommit: Promise<unknown> = Promise.resolve()

  constructor(directory: string) {
    this.#root = open({ path: directory, compression: false })
    this.#documents = this.#root.openDB({ name: 'documents' })
    this.#log = this.#root.openDB({ name: 'log' })
    this.#edits = this.#root.openDB({ name: 'edits', encoding: 'binary' })
    const [first] = this.#log.getKeys({ limit: 1 })
    this.#oldest = first ?? 0
    this.#head = this.#end()
  }

  get head(): CdcLsn {
    return BigInt(this.#head)
  }

  get oldest(): CdcLsn {
    return BigInt(this.#oldest)
  }

  /**
   * Writes the changes and their log entry in one transaction. `committed` is called in the order of the LSNs, and what
   * it returns is awaited too. Resolves when all is durable.
   */
  commit(changes: readonly DocumentChange[], committed: (lsn: CdcLsn) => Promise<void>): Promise<CdcLsn> {
    const written = this.#root.transaction(() => {
      const lsn = this.#end()
      for (const change of changes) void this.#documents.put(change.id, change)
      void this.#log.put(lsn, { changes, committedAt: Date.now() })
      return lsn
    })
    const before = this.#lastCommit
    const published = (async () => {
      const lsn = await written
      await before
      this.#head = lsn + 1
      const waiters = this.#waiters
      this.#waiters = []
      for (const wake of waiters) wake()
      return { lsn: BigInt(lsn), done: committed(BigInt(lsn)) }
    })()
    this.#lastCommit = published.catch(() => {})
    return published.then(async ({ lsn, done }) => {
      await Promise.all([done, this.#root.flushed])
      return lsn
    })
  }

  /** @throws CdcError `LOG_RELEASED` below what the log retains, `LOG_POSITION` beyond its head. */
  async *read(from: CdcLsn): AsyncIterable<CdcBatch> {
    if (from < BigInt(this.#oldest)) {
      throw new CdcError('LOG_RELEASED', `the log was released up to ${this.#oldest}, and ${from} was asked for`, {
        expected: BigInt(this.#oldest),
        found: from,
      })
    }
    if (from > this.head)
      throw new CdcError('LOG_POSITION', `the log ends at ${this.#head}, and ${from} was asked for`, {
        expected: this.head,
        found: from,
      })
    for (let lsn = Number(from); lsn < this.#head; lsn += 1) {
      const entry = this.#log.get(lsn)
      if (entry === undefined)
        throw new CdcError('LOG_RELEASED', `the log has no commit ${lsn}`, { found: BigInt(lsn) })
      yield {
        lsnStart: BigInt(lsn),
        lsnEnd: BigInt(lsn + 1),
        mutations: toBatch(entry.changes),
        commitTimestamp: new Date(entry.committedAt),
      }
    }
  }

  canReadFrom(lsn: CdcLsn): boolean {
    return lsn >= this.oldest && lsn <= this.head
  }

  async waitFor(lsn: CdcLsn, signal: AbortSignal): Promise<void> {
    while (this.head <= lsn) {
      signal.throwIfAborted()
      await new Promise<void>((resolve, reject) => {
        const stopListening = onAbort(signal, () => reject(signal.reason))
        this.#waiters.push(() => {
          stopListening()
          resolve()
        })
      })
    }
  }

  release(upTo: CdcLsn): void {
    const pinned = [...this.#pins.values()].flatMap((byVersion) => [...byVersion.values()])
    // The last entry stays: it says where the log ends, also to the next run.
    const end = Math.min(Number(upTo), this.#head - 1, ...pinned.map(Number))
    if (end <= this.#oldest) return
    for (let lsn = this.#oldest; lsn < end; lsn += 1) void this.#log.remove(lsn)
    this.#oldest = end
  }

  /** The LSN after the last entry. */
  #end(): number {
    const [last] = this.#log.getKeys({ limit: 1, reverse: true })
    return last === undefined ? 0 : last + 1
  }

  /** Keeps the log from `lsn` on, for an index that one version of a plugin saved. */
  pin(index: string, version: string, lsn: CdcLsn): void {
    const byVersion = this.#pins.get(index) ?? new Map<string, CdcLsn>()
    this.#pins.set(index, byVersion.set(version, lsn))
  }

  /** Nothing comes back on any other version. */
  unpinOthers(index: string, version: string): void {
    const lsn = this.#pins.get(index)?.get(version)
    this.#pins.set(index, new Map(lsn === undefined ? [] : [[version, lsn]]))
  }

  /** Resolves when an operation on what is edited together is durable. */
  async edit(name: string, operation: Uint8Array): Promise<void> {
    const nth = this.#edited.get(name) ?? this.#edits.getCount(editsOf(name))
    this.#edited.set(name, nth + 1)
    await this.#edits.put([name, nth], operation)
    await this.#root.flushed
  }

  *edits(name: string): Generator<Uint8Array> {
    for (const { value } of this.#edits.getRange(editsOf(name))) yield value
  }

  get(id: string): DocumentChange | undefined {
    return this.#documents.get(id)
  }

  /** Every document that is not deleted. */
  *documents(): Generator<DocumentChange> {
    for (const { value } of this.#documents.getRange()) if (!value.deleted) yield value
  }

  async close(): Promise<void> {
    await this.#root.flushed
    await this.#root.close()
  }
}

function editsOf(name: string): { start: [string, number]; end: [string, number] } {
  return { start: [name, 0], end: [name, Number.POSITIVE_INFINITY] }
}
