import { ReloadError, type Journal, type JournalRecord } from '@uni/reload-core'
import type { Calls } from './calls.js'

/** A journal whose disk takes its time, and which may refuse to make something permanent. */
export class SlowJournal implements Journal {
  /** How many of the next attempts to make something permanent fail. */
  failing = 0
  onFailure: (operation: number) => void = () => {}
  readonly #calls: Calls
  /** The operations that are being made permanent, once for each time. */
  readonly #appending: number[] = []

  constructor(calls: Calls) {
    this.#calls = calls
  }

  isAppending(operation: number | undefined): boolean {
    return operation !== undefined && this.#appending.includes(operation)
  }

  async append(record: JournalRecord): Promise<void> {
    if (record.type !== 'permanent') return this.#calls.pause(`the journal has ${record.type}`)
    const { operation } = record
    this.#appending.push(operation)
    await this.#calls.pause('the journal has permanent')
    this.#appending.splice(this.#appending.indexOf(operation), 1)
    if (this.failing === 0) return
    this.failing -= 1
    this.onFailure(operation)
    throw new ReloadError('JOURNAL', 'the disk is full')
  }
}
