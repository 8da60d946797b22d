import { randomUUID } from 'node:crypto'
import { link, open, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { ReloadError } from '../errors.js'
import { errnoOf, isMissing } from './errno.js'
import { describeProcess, hasEnded, isNotedProcess, noteProcess, type NotedProcess } from './process-identity.js'

interface Noted extends NotedProcess {
  readonly id: string
}

/** The codes with which file systems without hard links refuse them. */
const NO_LINKS: ReadonlySet<string | undefined> = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EINVAL'])

/**
 * A file beside a journal that says which process has it open. The lock of a process of this machine that has ended is
 * void; whether a process of another machine has ended cannot be known.
 */
export class JournalLock {
  readonly #path: string
  readonly #id: string

  private constructor(path: string, id: string) {
    this.#path = path
    this.#id = id
  }

  /**
   * @param mayTakeOver is asked about a holder that may be running.
   * @throws ReloadError `JOURNAL` with the holder as `details`, where another process has it.
   */
  static async take(journal: string, mayTakeOver: (holder: NotedProcess) => boolean): Promise<JournalLock> {
    const path = `${journal}.lock`
    const own: Noted = { ...(await noteProcess()), id: randomUUID() }
    while (!(await create(path, own))) {
      const held = await read(path)
      if (held === 'gone') continue
      if (held === 'unreadable') throw heldError(journal, path, 'somebody, who has left no name', undefined)
      const { id: _, ...holder } = held
      if (!(await hasEnded(held)) && !mayTakeOver(holder))
        throw heldError(journal, path, describeProcess(holder), holder)
      await remove(path, held)
    }
    return new JournalLock(path, own.id)
  }

  /** The process that has taken the lock over, if one has. */
  async takenOverBy(): Promise<NotedProcess | undefined> {
    const held = await read(this.#path)
    return typeof held === 'object' && held.id !== this.#id ? held : undefined
  }

  /** Releases the lock, unless another process has taken it over. */
  async release(): Promise<void> {
    const held = await read(this.#path)
    if (typeof held === 'object' && held.id === this.#id) await rm(this.#path, { force: true })
  }
}

/**
 * Creates the lock file, unless there is one. It is written elsewhere first, so that no process ever reads a part of
 * it.
 */
async function create(path: string, own: Noted): Promise<boolean> {
  const content = `${JSON.stringify(own)}\n`
  const draft = `${path}.${own.id}`
  try {
    await writeFile(draft, content, { flag: 'wx', mode: 0o644 })
    await link(draft, path)
    return true
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') return false
    if (!NO_LINKS.has(errnoOf(error))) throw error
    return await createInPlace(path, content)
  } finally {
    await rm(draft, { force: true })
  }
}

async function createInPlace(path: string, content: string): Promise<boolean> {
  try {
    await using handle = await open(path, 'wx', 0o644)
    await handle.writeFile(content)
    return true
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') return false
    throw error
  }
}

/** Removes the lock that was `seen`. If another process has replaced it since, the other's lock is put back. */
async function remove(path: string, seen: Noted): Promise<void> {
  const aside = `${path}.${randomUUID()}`
  try {
    await rename(path, aside)
  } catch (error) {
    if (isMissing(error)) return
    throw error
  }
  const moved = await read(aside)
  if (typeof moved === 'object' && moved.id !== seen.id) await link(aside, path).catch(() => {})
  await rm(aside, { force: true })
}

async function read(path: string): Promise<Noted | 'gone' | 'unreadable'> {
  try {
    const found: unknown = JSON.parse(await readFile(path, 'utf8'))
    return isNoted(found) ? found : 'unreadable'
  } catch (error) {
    return isMissing(error) ? 'gone' : 'unreadable'
  }
}

function isNoted(found: unknown): found is Noted {
  return isNotedProcess(found) && 'id' in found && typeof found.id === 'string'
}

function heldError(journal: string, path: string, holder: string, details: NotedProcess | undefined): ReloadError {
  return new ReloadError('JOURNAL', `${journal} is held by ${holder}`, {
    step: 'open',
    details,
    hint:
      `Two hosts must not share a journal: stop that one first. If it is gone for good, remove ${path}, or open ` +
      'the journal with takeOver.',
  })
}
