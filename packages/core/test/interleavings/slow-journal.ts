import { ReloadError, type Journal, type JournalRecord } from '@uni/reload-core'
import { planRecovery, type RecoveryPlan } from '@uni/reload-core/node'
import type { Calls } from './calls.js'

/** A journal whose disk takes its time, and which may refuse to write down a commit, or to make something permanent. */
export class SlowJournal implements Journal {
  /** How many of the next attempts at either fail. */
  readonly failing = { committed: 0, permanent: 0 }
  onFailure: (record: JournalRecord) => void = () => {}
  onWritten: () => void = () => {}
  readonly #calls: Calls
  readonly #records: JournalRecord[] = []
  /** The operations that are being made permanent, once for each time. */
  readonly #appending: number[] = []
  /** The commits that could not be written down, and have not been since. */
  readonly #owed = new Set<number>()
  #plan: { readonly length: number; readonly plan: RecoveryPlan } | undefined

  constructor(calls: Calls) {
    this.#calls = calls
  }

  isAppending(operation: number | undefined): boolean {
    return operation !== undefined && this.#appending.includes(operation)
  }

  /** Whether a commit is not written down, as far as is known: a record that comes behind it may fail with it. */
  get failed(): boolean {
    return this.#owed.size > 0
  }

  /** What a crash comes back on right now. */
  get plan(): RecoveryPlan {
    const { length } = this.#records
    if (this.#plan?.length !== length) this.#plan = { length, plan: planRecovery(this.#records) }
    return this.#plan.plan
  }

  async append(record: JournalRecord): Promise<void> {
    if (record.type === 'permanent') this.#appending.push(record.operation)
    await this.#calls.pause(`the journal has ${record.type}`)
    if (record.type === 'permanent') this.#appending.splice(this.#appending.indexOf(record.operation), 1)
    if ((record.type === 'committed' || record.type === 'permanent') && this.failing[record.type] > 0) {
      this.failing[record.type] -= 1
      if (record.type === 'committed') this.#owed.add(record.operation)
      this.onFailure(record)
      throw new ReloadError('JOURNAL', 'the disk is full')
    }
    if (record.type === 'committed') this.#owed.delete(record.operation)
    this.#records.push(record)
    this.onWritten()
  }
}
