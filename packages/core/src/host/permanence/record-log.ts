import { Step } from '../../dispatch/step.js'
import type { StepEnvironment } from '../../dispatch/step-environment.js'
import { ReloadError, type ReloadPhase } from '../../errors.js'
import type { Journal, JournalRecord } from '../../journal/record.js'

const MEND = 'Mend the journal; until then no plugin can be changed.'
const TRY_AGAIN = 'Mend the journal, then try again; a crash comes back on the versions before it.'

/** What a record is about, as errors name it. */
export interface RecordPlace {
  readonly phase: ReloadPhase
  readonly plugin: string
}

export interface AppendOptions {
  readonly signal?: AbortSignal
  /** Called once: when the journal has answered, however late, or when the record is not given to it after all. */
  readonly onAnswer?: (written: boolean) => void
}

/** A record that was given to the journal. */
interface Answering {
  readonly record: JournalRecord
  handed: boolean
  answered: boolean
}

/** A commit that is not written down yet. */
interface Owed {
  readonly record: JournalRecord
  readonly onWritten: () => void
  readonly waiting: { readonly resolve: () => void; readonly reject: (error: unknown) => void }[]
}

/**
 * The way of a host's records to its journal. Each call has a deadline (I8). A commit cannot be undone, so one that
 * could not be written down is owed: nothing is begun or made permanent before it is written. The journal therefore
 * never has a commit without the commits before it.
 */
export class RecordLog {
  readonly #journal: Journal
  readonly #environment: StepEnvironment
  /** The commits that are owed, oldest first. */
  readonly #owed: Owed[] = []
  /** The calls to the journal that were given up on and have not settled. */
  readonly #stuck = new Set<Answering>()
  /** Records of what has happened, which wait until the journal answers again. */
  readonly #past: JournalRecord[] = []
  #writing = false
  #failed = false

  constructor(journal: Journal, environment: StepEnvironment) {
    this.#journal = journal
    this.#environment = environment
  }

  /** @throws ReloadError `JOURNAL`, `STEP_TIMEOUT`, `ABORTED` by `signal`. */
  async append(
    record: JournalRecord,
    place: RecordPlace,
    { signal, onAnswer = () => {} }: AppendOptions = {},
  ): Promise<void> {
    const answering: Answering = { record, handed: false, answered: false }
    try {
      if (!isPast(record) && this.#owed.length > 0 && (this.#failed || record.type === 'permanent')) {
        await this.settle(place, signal)
      }
      this.#refuseStuck(record, place)
      await this.#call(record.type, place, () => this.#hand(answering, onAnswer), signal)
    } catch (error) {
      if (!answering.handed) onAnswer(false)
      else if (!answering.answered) this.#stuck.add(answering)
      throw error
    }
  }

  /**
   * Writes down a commit, now or later. `onWritten` is called when that is done, however late.
   *
   * @throws ReloadError `JOURNAL`, `STEP_TIMEOUT` where the commit is owed.
   */
  async commit(
    record: JournalRecord & { readonly type: 'committed' },
    place: RecordPlace,
    onWritten: () => void,
  ): Promise<void> {
    this.#owed.push({ record, onWritten, waiting: [] })
    await this.settle(place)
  }

  /**
   * Writes down the commits that are owed.
   *
   * @throws ReloadError `JOURNAL`, `STEP_TIMEOUT`, `ABORTED` by `signal`.
   */
  async settle(place: RecordPlace, signal?: AbortSignal): Promise<void> {
    const last = this.#owed.at(-1)
    if (last !== undefined) await this.#call('committed', place, () => this.#written(last), signal)
  }

  async #hand(answering: Answering, onAnswer: (written: boolean) => void): Promise<void> {
    answering.handed = true
    let written = false
    try {
      await this.#journal.append(answering.record)
      written = true
    } finally {
      answering.answered = true
      this.#stuck.delete(answering)
      onAnswer(written)
      if (this.#stuck.size === 0) {
        for (const past of this.#past.splice(0)) {
          void this.#hand({ record: past, handed: false, answered: false }, () => {}).catch(() => {})
        }
      }
    }
  }

  #refuseStuck(record: JournalRecord, place: RecordPlace): void {
    const [stuck] = this.#stuck
    if (stuck === undefined) return
    if (isPast(record)) this.#past.push(record)
    const reason = `the journal has not answered since it was given the record "${stuck.record.type}"`
    throw new ReloadError('JOURNAL', reason, {
      ...place,
      step: record.type,
      hint: 'Mend the journal; until it answers no plugin can be changed.',
    })
  }

  #call(step: string, place: RecordPlace, call: () => Promise<void>, signal?: AbortSignal): Promise<void> {
    const { phase, plugin } = place
    const calling = new Step({ ...this.#environment, hint: phase === 'bake' ? TRY_AGAIN : MEND }, { plugin })
    return calling.run(phase, { code: 'JOURNAL', ...(signal && { signal }) }, () => calling.call(step, call))
  }

  /** Resolves when `owed`, and every commit that is owed before it, is written down. */
  #written(owed: Owed): Promise<void> {
    return new Promise((resolve, reject) => {
      owed.waiting.push({ resolve, reject })
      if (!this.#writing) void this.#write()
    })
  }

  async #write(): Promise<void> {
    this.#writing = true
    try {
      for (let first = this.#owed[0]; first !== undefined; first = this.#owed[0]) {
        await this.#journal.append(first.record)
        this.#owed.shift()
        first.onWritten()
        for (const { resolve } of first.waiting) resolve()
      }
      this.#failed = false
    } catch (error) {
      this.#failed = true
      for (const { waiting } of this.#owed) for (const { reject } of waiting.splice(0)) reject(error)
    } finally {
      this.#writing = false
    }
  }
}

/** Whether a record only says what has happened: nothing depends on it, and nobody waits until it is written. */
function isPast({ type }: JournalRecord): boolean {
  return type === 'finalized' || type === 'rolled-back'
}
