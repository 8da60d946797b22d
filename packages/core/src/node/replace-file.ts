import type { Stats } from 'node:fs'
import { mkdir, open, readlink, realpath, rename, rm, stat, type FileHandle } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { isMissing } from './errno.js'

/**
 * Replaces the content of a file in one step, or makes the file and its directory: a crash leaves the old content or
 * the new one, never a part. A symbolic link is followed; the file keeps its mode and, as far as the process may set
 * it, its owner. The new content is written beside the file, under its name with `.new` at the end. Durable when it
 * resolves.
 *
 * One process at a time may replace the same file.
 *
 * @throws Error of the file system, with the old content in place.
 */
export async function replaceFile(file: string, content: string | Uint8Array): Promise<void> {
  await using _ = await replaceAndHold(await targetOf(file), content)
}

/** The file that a path leads to, behind all symbolic links, whether it is there yet or not. Makes its directory. */
export async function targetOf(file: string): Promise<string> {
  try {
    return await realpath(file)
  } catch (error) {
    if (!isMissing(error)) throw error
  }
  // The directory may be missing, or the path may be a link to a file that is not there yet.
  await mkdir(dirname(file), { recursive: true })
  const link = await readlink(file).catch(() => undefined)
  if (link !== undefined) return targetOf(resolve(dirname(file), link))
  return join(await realpath(dirname(file)), basename(file))
}

/** The `Stats` of a file, if there is one. @throws Error where something else is there. */
export async function fileAt(target: string): Promise<Stats | undefined> {
  const found = await stat(target).catch((error: unknown): undefined => {
    if (!isMissing(error)) throw error
  })
  if (found?.isFile() === false) {
    throw Object.assign(new Error(`${target} is no regular file`), { code: found.isDirectory() ? 'EISDIR' : 'EINVAL' })
  }
  return found
}

/** Replaces a file that is no link. The handle stands at the end of what was written. */
export async function replaceAndHold(target: string, content: string | Uint8Array): Promise<FileHandle> {
  const temporary = `${target}.new`
  const old = await fileAt(target)
  // A crash may have left a file here, and somebody may have put a link: neither is written to.
  await rm(temporary, { force: true })
  const handle = await open(temporary, 'wx', old?.mode)
  try {
    if (old !== undefined) await keepAccess(handle, old)
    await handle.writeFile(content)
    await handle.sync()
    await rename(temporary, target)
    await syncDirectory(dirname(target))
    return handle
  } catch (error) {
    await handle.close()
    // The disk may be full.
    await rm(temporary, { force: true }).catch(() => {})
    throw error
  }
}

async function keepAccess(handle: FileHandle, { uid, gid, mode }: Stats): Promise<void> {
  const made = await handle.stat()
  // Only a privileged process can change the owner. That may clear bits of the mode, so the mode is set afterwards.
  if (made.uid !== uid || made.gid !== gid) await handle.chown(uid, gid).catch(() => {})
  if (made.mode !== mode) await handle.chmod(mode & 0o7777)
}

/** Makes a rename in `directory` durable. Windows can neither open a directory nor needs to. */
export async function syncDirectory(directory: string): Promise<void> {
  if (process.platform === 'win32') return
  await using handle = await open(directory, 'r')
  await handle.sync()
}
