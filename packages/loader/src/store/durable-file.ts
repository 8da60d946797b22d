import { chmod, mkdir, open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { syncDirectory } from '@uni/reload-core/node'

/** Of files that nobody changes once they are in their place. */
const READ_ONLY = 0o444

/**
 * Writes a new file that is only read from then on, and waits until what is in it is on the disk. Where that fails,
 * nothing of it stays: a disk that is full would be full for longer.
 */
export async function writeDurably(file: string, content: Uint8Array | string, mode = READ_ONLY): Promise<void> {
  await using handle = await open(file, 'wx', 0o600)
  try {
    await handle.writeFile(content)
    await handle.chmod(mode)
    await handle.sync()
  } catch (error) {
    await rm(file, { force: true })
    throw error
  }
}

/** Moves a file or a folder to its name, in one step, and waits until the move is on the disk. */
export async function moveDurably(from: string, to: string): Promise<void> {
  await rename(from, to)
  await syncDirectory(dirname(to))
}

/** Makes a folder that only this user may look into. One that is there is left as it is. */
export async function makeFolder(folder: string): Promise<void> {
  const made = await mkdir(folder, { recursive: true, mode: 0o700 })
  if (made === undefined) return
  // A mode that is asked for loses the bits of the umask.
  await chmod(folder, 0o700)
  await syncDirectory(dirname(made))
}
