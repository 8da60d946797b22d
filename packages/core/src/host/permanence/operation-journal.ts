import { ReloadError, describeThrown, type ReloadPhase } from '../../errors.js'
import type { CompatEntry } from '../../dispatch/report.js'
import type { JournaledAcceptance, JournaledChange } from '../../journal/record.js'
import type { AppendOptions, RecordLog } from './record-log.js'

/** The records of one operation. Without a `RecordLog` nothing is written. */
export class OperationJournal {
  readonly #log: RecordLog | undefined
  readonly #operation: number
  readonly #changes: readonly JournaledChange[]
  readonly #until: AppendOptions
  #begun = false

  /** @param signal where it fires before the commit, a record that is being written is given up on. */
  constructor(
    log: RecordLog | undefined,
    operation: number,
    changes: readonly JournaledChange[],
    signal?: AbortSignal,
  ) {
    this.#log = log
    this.#operation = operation
    this.#changes = changes
    this.#until = signal === undefined ? {} : { signal }
  }

  /** @throws ReloadError `JOURNAL`, `STEP_TIMEOUT`, `ABORTED`. */
  async intent(): Promise<void> {
    this.#begun = this.#log !== undefined
    await this.#log?.append(
      { type: 'intent', operation: this.#operation, changes: this.#changes },
      this.#place('stage'),
      this.#until,
    )
  }

  /** @throws ReloadError `JOURNAL`, `STEP_TIMEOUT`, `ABORTED`. */
  async prepared(): Promise<void> {
    await this.#log?.append({ type: 'prepared', operation: this.#operation }, this.#place('prepare'), this.#until)
  }

  /**
   * Writes down the commit. `onWritten` is called when that is done: at once where the host has no journal. Resolves
   * with the error where the commit could not be written; the new versions serve either way.
   */
  async committed(accepted: readonly JournaledAcceptance[], onWritten: () => void): Promise<ReloadError | undefined> {
    if (this.#log === undefined) {
      onWritten()
      return undefined
    }
    try {
      await this.#log.commit(
        { type: 'committed', operation: this.#operation, ...(accepted.length > 0 && { accepted }) },
        this.#place('commit'),
        onWritten,
      )
      return undefined
    } catch (cause) {
      return new ReloadError('JOURNAL', `the commit was made and could not be written down: ${describeThrown(cause)}`, {
        ...this.#place('commit'),
        step: 'committed',
        cause,
        hint:
          'A crash comes back on the versions before it. Mend the journal, then call host.makePermanent with the ' +
          'handle.',
      })
    }
  }

  /** Writes down what has happened. Resolves with the errors of that: they fail nothing else. */
  happened(type: 'finalized' | 'rolled-back', phase: ReloadPhase): Promise<readonly unknown[]> {
    if (!this.#begun || this.#log === undefined) return Promise.resolve([])
    return this.#log.append({ type, operation: this.#operation }, this.#place(phase)).then(
      () => [],
      (error: unknown) => [error],
    )
  }

  #place(phase: ReloadPhase): { readonly phase: ReloadPhase; readonly plugin: string } {
    return { phase, plugin: this.#changes.map(({ plugin }) => plugin).join(', ') }
  }
}

/** The verdicts that an operator has overruled, in the form in which the journal has them. */
export function acceptedOf(entries: readonly CompatEntry[]): JournaledAcceptance[] {
  return entries.flatMap(({ surface, key, resource, verdict }) =>
    verdict.level !== 'accepted'
      ? []
      : [
          {
            surface,
            key,
            ...(resource !== undefined && { resource }),
            reason: verdict.reason,
            overruled: 'reason' in verdict.overruled ? verdict.overruled.reason : '',
          },
        ],
  )
}
