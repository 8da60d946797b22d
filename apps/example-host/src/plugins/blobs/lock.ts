import { link, readFile, realpath, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/**
 * The directories this process holds. Not a variable of this module: two versions of the plugin, loaded from two files,
 * must see one another.
 */
const HELD = Symbol.for('@uni/example-host/held-directories')
const held = ((globalThis as { [HELD]?: Set<string> })[HELD] ??= new Set<string>())

/** Sole ownership of a directory, among all processes: a file `LOCK` with the owner's process id. */
export class DirectoryLock {
  readonly #directory: string

  private constructor(directory: string) {
    this.#directory = directory
  }

  /**
   * Takes the lock of an existing directory. One that a killed process left behind is taken over.
   *
   * @throws Error where somebody holds it.
   */
  static async take(path: string): Promise<DirectoryLock> {
    const directory = await realpath(path)
    if (held.has(directory)) throw heldBy(directory, process.pid)
    // Before the first await: of two calls at once, one is too late.
    held.add(directory)
    try {
      await takeFile(directory)
    } catch (error) {
      held.delete(directory)
      throw error
    }
    return new DirectoryLock(directory)
  }

  async release(): Promise<void> {
    try {
      await rm(join(this.#directory, 'LOCK'))
    } finally {
      held.delete(this.#directory)
    }
  }
}

/** The file gets its name when it is complete, so nobody ever reads a lock that does not say whose it is. */
async function takeFile(directory: string): Promise<void> {
  const lock = join(directory, 'LOCK')
  const own = join(directory, `LOCK.${process.pid}`)
  await writeFile(own, String(process.pid))
  try {
    while (!(await linked(own, lock))) await removeStale(own, lock, directory)
  } finally {
    await rm(own, { force: true })
  }
}

async function linked(own: string, lock: string): Promise<boolean> {
  try {
    await link(own, lock)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

/**
 * Removes a lock without a living owner. One process at a time: whoever was slow to see that the lock is stale would
 * otherwise remove that of the next owner.
 *
 * @throws Error where the lock has a living owner, or another process is at it.
 */
async function removeStale(own: string, lock: string, directory: string): Promise<void> {
  const owner = await ownerOf(lock)
  if (owner === undefined) return
  if (isAlive(owner)) throw heldBy(directory, owner)
  const takeover = `${lock}.takeover`
  if (!(await linked(own, takeover)))
    throw new Error(`${directory} is in use: another process is taking it over. If none is, remove ${takeover}`)
  try {
    if ((await ownerOf(lock)) === owner) await rm(lock)
  } finally {
    await rm(takeover)
  }
}

/** Undefined where there is no lock any more. */
async function ownerOf(lock: string): Promise<number | undefined> {
  try {
    return Number(await readFile(lock, 'utf8'))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

/** This process is not its own rival: a lock with its id that it does not hold is from an earlier one of that id. */
function isAlive(pid: number): boolean {
  if (pid === process.pid || !Number.isInteger(pid) || pid <= 0) return false
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // One that belongs to somebody else may not be signalled, and lives.
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

function heldBy(directory: string, pid: number): Error {
  return new Error(`${directory} is in use by process ${pid}: close the storage there first`)
}
