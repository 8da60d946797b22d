import type { JournalRecord } from '@uni/reload-core'
import { planRecovery, type RecoveredPlugin } from '@uni/reload-core/node'
import { decodeJournal, JournalEncoder } from '../../../src/node/journal-lines.js'

/**
 * What a crash leaves, and, in the tails, what it may leave or not. The image of a version is the place in the log it
 * was taken at.
 */
export class Disk {
  journal = ''
  tail: JournalRecord | undefined
  log = 0
  logging = false
  released = 0
  readonly images = new Map<number, number>()
  #encoder = new JournalEncoder()
  imageTail: number | undefined
  checkpoint = 0
  sink = 0

  /** The version that a crash comes back on. */
  get comesBack(): number | undefined {
    const version = this.#recovered?.version
    return version === undefined ? undefined : Number.parseInt(version, 10)
  }

  /** How far the version had come that a crash would abandon. */
  get reached(): string {
    return this.#recovered?.abandoned.at(-1)?.reached ?? 'nothing'
  }

  get #recovered(): RecoveredPlugin | undefined {
    return planRecovery(decodeJournal(this.journal, 'the journal')).plugins.get('store')
  }

  /** A run of a host begins with what is permanent. */
  beginRun(version: number): void {
    this.#encoder = new JournalEncoder()
    this.journal = this.#encoder.begin([{ type: 'active', plugins: { store: `${version}.0.0` } }])
  }

  sync(record: JournalRecord): void {
    this.journal += this.#encoder.next(record)
    this.tail = undefined
  }

  /** A write is lost, or on the disk; a record is lost, on the disk, or torn. */
  crash({ logged, record }: { logged: boolean; record: 'lost' | 'there' | 'torn' }): void {
    if (logged) this.log += 1
    const line = this.tail === undefined || record === 'lost' ? '' : this.#encoder.next(this.tail)
    this.journal += record === 'torn' ? line.slice(0, line.length / 2) : line
    this.tail = undefined
    this.imageTail = undefined
    this.logging = false
  }

  /** @throws Error where the image of the version is missing, or the log behind it. */
  read(version: number): number[] {
    const place = this.images.get(version)
    if (place === undefined) throw new Error(`there is no image of version ${version}`)
    if (place < this.released || place > this.log)
      throw new Error(
        `the log has ${this.released} to ${this.log}, and the image of version ${version} was taken at ${place}`,
      )
    return Array.from({ length: this.log }, (_, at) => at + 1)
  }

  /** What neither the stream nor any index that a crash may come back on needs. */
  release(): void {
    this.released = Math.min(this.checkpoint, ...this.images.values(), this.imageTail ?? Infinity)
  }
}
