import { mkdir, open, type FileHandle } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { CdcLsn } from '@uni/reload-cdc'
import { endBelow } from './repair.js'

/**
 * A file of lines that one stream appends to. Each line keeps the LSNs of its batch, so that what a crash left beyond
 * the checkpoint is found and dropped, and every row is there once.
 */
export class LinesFile {
  readonly #handle: FileHandle
  /** Where the next batch goes: behind the last one that was written whole. */
  #end: number
  #dirty = false

  private constructor(handle: FileHandle, end: number) {
    this.#handle = handle
    this.#end = end
  }

  /** Opens the file as it was at `fromLsn`; empty, without one. Creates it where there is none. */
  static async open(path: string, fromLsn: CdcLsn | undefined): Promise<LinesFile> {
    await mkdir(dirname(path), { recursive: true })
    const handle = await openOrCreate(path)
    try {
      const end = fromLsn === undefined ? 0 : await endBelow(handle, fromLsn, path)
      await handle.truncate(end)
      return new LinesFile(handle, end)
    } catch (error) {
      await handle.close()
      throw error
    }
  }

  /** Writes a batch. One that failed half-way is written over by the next. */
  async append(text: string): Promise<void> {
    const bytes = Buffer.from(text)
    this.#dirty = true
    for (let written = 0; written < bytes.byteLength;) {
      const { bytesWritten } = await this.#handle.write(bytes, written, bytes.byteLength - written, this.#end + written)
      written += bytesWritten
    }
    this.#end += bytes.byteLength
  }

  /** Resolves when everything appended survives a crash. */
  async sync(): Promise<void> {
    if (!this.#dirty) return
    // What a failed write left beyond the end is not to be there either.
    await this.#handle.truncate(this.#end)
    await this.#handle.datasync()
    this.#dirty = false
  }

  async close(): Promise<void> {
    try {
      await this.sync()
    } finally {
      await this.#handle.close()
    }
  }
}

async function openOrCreate(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'r+')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
  const handle = await open(path, 'wx+')
  // A file that was synchronized is of no use after a crash if its name in the directory was not.
  const directory = await open(dirname(path), 'r')
  await directory.sync().finally(() => directory.close())
  return handle
}
