import { mkdir, open, readFile, rename, type FileHandle } from 'node:fs/promises'
import { dirname } from 'node:path'
import { describeThrown, ReloadError } from '../errors.js'
import { planRecovery, type RecoveryPlan } from '../journal/plan-recovery.js'
import type { Journal, JournalRecord } from '../journal/record.js'
import { decodeJournal, encodeJournal, encodeRecord } from './journal-lines.js'

/**
 * A journal in one file of checksummed lines. Each is flushed to the disk before the next is written, so that a crash can
 * tear no more than the last. One process at a time owns the file.
 */
export class FileJournal implements Journal, AsyncDisposable {
  readonly #file: string
  readonly #handle: FileHandle
  #last: Promise<unknown> = Promise.resolve()
  #failure: ReloadError | undefined

  private constructor(file: string, handle: FileHandle) {
    this.#file = file
    this.#handle = handle
  }

  /**
   * Reads what the run before wrote, and begins a new run with it: the file is replaced, in one move, by one that says what
   * is active. Gives the plan to start the plugins by.
   *
   * @throws ReloadError `JOURNAL` where the file is damaged elsewhere than at its end.
   */
  static async open(file: string): Promise<{ readonly journal: FileJournal; readonly plan: RecoveryPlan }> {
    await mkdir(dirname(file), { recursive: true })
    const plan = planRecovery(decodeJournal(await textOf(file), file))
    const plugins = Object.fromEntries([...plan.plugins.values()].map(({ id, version }) => [id, version ?? null]))
    const handle = await replace(file, encodeJournal([{ type: 'active', plugins }]))
    return { journal: new FileJournal(file, handle), plan }
  }

  append(record: JournalRecord): Promise<void> {
    const written = this.#last.then(() => this.#write(record))
    this.#last = written.catch(() => {})
    return written
  }

  /** Writes what is waiting, and closes the file. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#last
    this.#failure ??= this.#failed('it was closed')
    await this.#handle.close()
  }

  async #write(record: JournalRecord): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure
    try {
      await this.#handle.appendFile(encodeRecord(record))
      await this.#handle.datasync()
    } catch (error) {
      // What is on the disk after a failed write or flush is unknown: nothing that is written behind it can be relied on.
      throw this.#failure = this.#failed(describeThrown(error), error)
    }
  }

  #failed(reason: string, cause?: unknown): ReloadError {
    return new ReloadError('JOURNAL', `${this.#file} cannot be written to: ${reason}`, {
      step: 'append', hint: 'Plugins cannot be changed any more. Make room on the disk or mend it, then restart the host.', ...(cause !== undefined && { cause }),
    })
  }
}

async function textOf(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return ''
    throw error
  }
}

/** Writes a file beside the old one and moves it over it: a crash leaves the one or the other. */
async function replace(file: string, text: string): Promise<FileHandle> {
  const temporary = `${file}.new`
  const handle = await open(temporary, 'w')
  try {
    await handle.writeFile(text)
    await handle.sync()
    await rename(temporary, file)
    await syncDirectory(dirname(file))
  } catch (error) {
    await handle.close()
    throw error
  }
  return handle
}

/** The move itself is durable once the directory is. Windows can neither open a directory nor needs to. */
async function syncDirectory(directory: string): Promise<void> {
  if (process.platform === 'win32') return
  const handle = await open(directory, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
