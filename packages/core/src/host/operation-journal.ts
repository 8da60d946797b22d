import { ReloadError, describeThrown, type ReloadPhase } from '../errors.js'
import type { CompatEntry } from '../dispatch/report.js'
import type { Journal, JournalRecord, JournaledAcceptance, JournaledChange } from '../journal/record.js'

/** The records of one operation. Without a journal, it writes none. */
export class OperationJournal {
  readonly #journal: Journal | undefined
  readonly #operation: number
  readonly #changes: readonly JournaledChange[]
  #begun = false

  constructor(journal: Journal | undefined, operation: number, changes: readonly JournaledChange[]) {
    this.#journal = journal
    this.#operation = operation
    this.#changes = changes
  }

  /** @throws ReloadError `JOURNAL`. */
  async intent(): Promise<void> {
    this.#begun = this.#journal !== undefined
    await this.#append({ type: 'intent', operation: this.#operation, changes: this.#changes }, 'stage')
  }

  /** @throws ReloadError `JOURNAL`. */
  prepared(): Promise<void> {
    return this.#append({ type: 'prepared', operation: this.#operation }, 'prepare')
  }

  /** Resolves with what failed: what has happened has happened. */
  committed(accepted: readonly JournaledAcceptance[]): Promise<readonly unknown[]> {
    return this.#note({ type: 'committed', operation: this.#operation, ...(accepted.length > 0 && { accepted }) }, 'commit')
  }

  /** Resolves with what failed: what has happened has happened. */
  happened(type: 'finalized' | 'rolled-back', phase: ReloadPhase): Promise<readonly unknown[]> {
    return this.#note({ type, operation: this.#operation }, phase)
  }

  #note(record: JournalRecord, phase: ReloadPhase): Promise<readonly unknown[]> {
    if (!this.#begun) return Promise.resolve([])
    return this.#append(record, phase).then(() => [], (error: unknown) => [error])
  }

  async #append(record: JournalRecord, phase: ReloadPhase): Promise<void> {
    if (this.#journal === undefined) return
    try {
      await this.#journal.append(record)
    } catch (cause) {
      if (ReloadError.is(cause)) throw cause
      throw new ReloadError('JOURNAL', describeThrown(cause), {
        phase, plugin: this.#changes.map(({ plugin }) => plugin).join(', '), step: record.type, hint: 'Mend the journal; until then no plugin can be changed.', cause,
      })
    }
  }
}

/** The verdicts that an operator overruled, as the journal has them. */
export function acceptedOf(entries: readonly CompatEntry[]): JournaledAcceptance[] {
  return entries.flatMap(({ surface, key, resource, verdict }) => verdict.level !== 'accepted' ? [] : [{
    surface, key, ...(resource !== undefined && { resource }), reason: verdict.reason, overruled: 'reason' in verdict.overruled ? verdict.overruled.reason : '',
  }])
}
