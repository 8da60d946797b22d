import { readFile, stat, type FileHandle } from 'node:fs/promises'
import { describeThrown, ReloadError } from '../errors.js'
import { planRecovery } from '../journal/plan-recovery.js'
import { RecoveryState, type RecoveryPlan } from '../journal/recovery-state.js'
import type { Journal, JournalRecord } from '../journal/record.js'
import { checkOptions, option, type OptionChecks } from '../options.js'
import { errnoOf, isMissing } from './errno.js'
import { decodeJournal, JournalEncoder } from './journal-lines.js'
import { JournalLock } from './journal-lock.js'
import { describeProcess, type NotedProcess } from './process-identity.js'
import { fileAt, replaceAndHold, targetOf } from './replace-file.js'
import { ASYNC_DISPOSE } from '../dispose.js'

/** After so many bytes, the records in the file are summed up. */
const SUM_UP_AT = 1024 * 1024
/** A longer file is refused: no journal gets as many bytes. */
const LONGEST = 256 * SUM_UP_AT

export interface FileJournalOptions {
  /**
   * Whether to take the journal over from `holder`, which may be running. Not asked of a process of this machine that
   * has ended: its journal is taken over. Default: never.
   */
  readonly takeOver?: ((holder: NotedProcess) => boolean) | undefined
}

const OPTIONS: OptionChecks<FileJournalOptions> = { takeOver: option.function }

/**
 * A journal in one file of numbered, checksummed lines. Each is flushed to the disk before the next is written, so that
 * a crash can tear only the last one. One process at a time has the file open; a lock file beside it says which.
 */
export class FileJournal implements Journal, AsyncDisposable {
  /** The file, behind all symbolic links. */
  readonly file: string
  readonly #lock: JournalLock
  readonly #state: RecoveryState
  #encoder = new JournalEncoder()
  #handle: FileHandle | undefined
  /** Bytes appended since the file was replaced. At `#sumUpAt`, the records are summed up. */
  #grown = 0
  #sumUpAt = SUM_UP_AT
  #last: Promise<unknown> = Promise.resolve()
  #closed = false

  private constructor(file: string, lock: JournalLock, state: RecoveryState) {
    this.file = file
    this.#lock = lock
    this.#state = state
  }

  /**
   * Reads the records of the run before, and begins a new run: the file is replaced, in one step, by one with its
   * `active` record. Gives the plan to start the plugins by. Where there is no file, this is the first run.
   *
   * @throws ReloadError `JOURNAL`, with the file as it was, where it is damaged elsewhere than at its end, held by
   * another process, or cannot be read or replaced.
   */
  static async open(
    file: string,
    given: FileJournalOptions = {},
  ): Promise<{ readonly journal: FileJournal; readonly plan: RecoveryPlan }> {
    option.text(file, 'FileJournal file', this)
    const options = checkOptions(given, 'FileJournal options', OPTIONS)
    let lock: JournalLock | undefined
    try {
      const target = await targetOf(file)
      lock = await JournalLock.take(target, (holder) => options.takeOver?.(holder) === true)
      const before = new RecoveryState()
      for (const record of await recordsOf(target)) before.add(record)
      const state = new RecoveryState()
      state.add(before.restart())
      const journal = new FileJournal(target, lock, state)
      await journal.#replace()
      return { journal, plan: before.plan() }
    } catch (error) {
      await lock?.release()
      throw ReloadError.is(error) ? error : cannotOpen(file, error)
    }
  }

  /**
   * The plan of a crash at this moment, also while another process has the file open. Changes nothing. `undefined`
   * where there is no file.
   *
   * @throws ReloadError `JOURNAL` where it is damaged elsewhere than at its end, or cannot be read.
   */
  static async read(file: string): Promise<RecoveryPlan | undefined> {
    option.text(file, 'FileJournal file', this)
    try {
      if ((await fileAt(file)) === undefined) return undefined
      return planRecovery(await recordsOf(file))
    } catch (error) {
      throw ReloadError.is(error) ? error : cannotOpen(file, error)
    }
  }

  append(record: JournalRecord): Promise<void> {
    const written = this.#last.then(() => this.#write(record))
    this.#last = written.catch(() => {})
    return written
  }

  /** Waits for the records that are being appended, and closes the file. */
  async [ASYNC_DISPOSE](): Promise<void> {
    await this.#last
    if (this.#closed) return
    this.#closed = true
    await this.#letGo()
    await this.#lock.release()
  }

  async #write(record: JournalRecord): Promise<void> {
    if (this.#closed) {
      throw new ReloadError('JOURNAL', `${this.file} cannot be written to: it was closed`, {
        step: 'append',
        hint: 'Close the journal after the host.',
      })
    }
    try {
      await this.#refuseTakenOver()
      // A file that was moved or removed, or to which a write has failed, is written anew.
      if (this.#handle !== undefined && !(await this.#isInPlace())) await this.#letGo()
      if (this.#handle === undefined) await this.#replace()
      else if (this.#grown >= this.#sumUpAt) await this.#sumUp()
      await this.#append(this.#encoder.next(record))
      await this.#refuseTakenOver()
      if (!(await this.#isInPlace())) throw new Error('it was moved or removed meanwhile')
      this.#state.add(record)
    } catch (error) {
      // After a failed write or flush it is not known what is on the disk, so no record may be written behind it.
      await this.#letGo()
      if (ReloadError.is(error)) throw error
      throw new ReloadError('JOURNAL', `${this.file} cannot be written to: ${describeThrown(error)}`, {
        step: 'append',
        cause: error,
        hint: remedyOf(error) ?? 'Mend the disk, then try again: the records before this one are written again, too.',
      })
    }
  }

  async #append(line: string): Promise<void> {
    const handle = this.#handle as FileHandle
    await handle.appendFile(line)
    await handle.datasync()
    this.#grown += Buffer.byteLength(line)
  }

  /**
   * Replaces the file by one with few records. If that fails and leaves the file in its place, the file goes on
   * growing.
   */
  async #sumUp(): Promise<void> {
    try {
      await this.#replace()
    } catch (error) {
      if (!(await this.#isInPlace())) throw error
      this.#sumUpAt *= 2
    }
  }

  async #replace(): Promise<void> {
    const encoder = new JournalEncoder()
    const handle = await replaceAndHold(this.file, encoder.begin(this.#state.records()))
    await this.#letGo()
    this.#handle = handle
    this.#encoder = encoder
    this.#grown = 0
    this.#sumUpAt = SUM_UP_AT
  }

  /**
   * Whether the file at the path is the one that is open. If it is not, whatever is written is lost.
   */
  async #isInPlace(): Promise<boolean> {
    const [own, there] = await Promise.all([
      this.#handle?.stat({ bigint: true }),
      stat(this.file, { bigint: true }).catch((error: unknown) => {
        if (!isMissing(error)) throw error
      }),
    ])
    return there !== undefined && there.ino === own?.ino
  }

  async #refuseTakenOver(): Promise<void> {
    const holder = await this.#lock.takenOverBy()
    if (holder === undefined) return
    throw new ReloadError('JOURNAL', `${this.file} was taken over by ${describeProcess(holder)}`, {
      step: 'append',
      details: holder,
      hint: 'Plugins cannot be changed here any more. Stop one of the two hosts, then restart the other.',
    })
  }

  async #letGo(): Promise<void> {
    const handle = this.#handle
    this.#handle = undefined
    await handle?.close().catch(() => {})
  }
}

async function recordsOf(file: string): Promise<JournalRecord[]> {
  const found = await fileAt(file)
  if (found === undefined) return []
  if (found.size > LONGEST) {
    throw Object.assign(new Error(`it has ${found.size} bytes`), { code: 'ERR_FS_FILE_TOO_LARGE' })
  }
  return decodeJournal(await readFile(file, 'utf8'), file)
}

function cannotOpen(file: string, error: unknown): ReloadError {
  return new ReloadError('JOURNAL', `${file} cannot be opened: ${describeThrown(error)}`, {
    step: 'open',
    hint:
      'Nothing was changed. ' +
      `${remedyOf(error) ?? 'Mend what keeps the file from being read and replaced, then start again.'}`,
    cause: error,
  })
}

/** What to do about an error of the file system. */
function remedyOf(error: unknown): string | undefined {
  switch (errnoOf(error)) {
    case 'ENOSPC':
    case 'EDQUOT':
      return 'Make room on the disk, then try again.'
    case 'EFBIG':
      return 'Raise the limit on the size of files, then try again.'
    case 'EISDIR':
    case 'ENOTDIR':
    case 'EINVAL':
      return 'Name a regular file, or one that does not exist yet, in a directory that exists.'
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return 'Give the process leave to read the file and to write to its directory.'
    case 'ERR_FS_FILE_TOO_LARGE':
      return (
        'It is longer than any journal becomes: restore it from a backup; or move it ' +
        'away, and decide yourself which versions to start.'
      )
    default:
      return undefined
  }
}
