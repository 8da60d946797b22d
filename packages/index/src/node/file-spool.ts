import { randomUUID } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { open, rm, type FileHandle } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { crc32 } from 'node:zlib'
import { describeThrown, option } from '@uni/reload-core'
import type { OwnedImage } from '../image/owned-image.js'
import type { ImageSpool } from '../spool.js'
import { adoptFile, FileImage } from './file-image.js'
import { removeLeftovers, spoolFileName } from './leftovers.js'

/**
 * Keeps images as files in `directory`, which is created where it is missing, and may be shared by the processes of one
 * machine. A file is checked by length and CRC-32 when it is read back, and removed when its image is discarded. Files
 * of processes that have crashed are removed at once.
 *
 * @throws Error where the directory cannot be created or read.
 */
export function fileSpool(directory: string): ImageSpool {
  const root = resolve(option.text(directory, 'fileSpool directory', fileSpool))
  mkdirSync(root, { recursive: true })
  removeLeftovers(root)
  return {
    write: (chunks) => writeFile(join(root, spoolFileName(randomUUID())), chunks),
    adopt: adoptFile,
  }
}

/**
 * One write where the platform takes the whole chunk. `FileHandle.writeFile` would split it, and begin the next part
 * only when this thread has summed the chunk.
 */
async function writeWhole(file: FileHandle, chunk: Uint8Array): Promise<void> {
  for (let at = 0; at < chunk.byteLength;) at += (await file.write(chunk, at)).bytesWritten
}

async function writeFile(path: string, chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<OwnedImage> {
  // 'wx' fails where the file exists, as it would be another image's.
  const file = await open(path, 'wx', 0o600)
  let checksum = 0
  let byteLength = 0
  try {
    try {
      for await (const chunk of chunks) {
        const writing = writeWhole(file, chunk).catch((cause: unknown) => {
          throw new Error(`the image cannot be written to ${path}: ${describeThrown(cause)}. Make room on its disk`, {
            cause,
          })
        })
        // The chunk is summed while it is written: its writer may change it once the next one is asked for.
        checksum = crc32(chunk, checksum)
        byteLength += chunk.byteLength
        await writing
      }
    } finally {
      await file.close()
    }
  } catch (error) {
    await rm(path, { force: true })
    throw error
  }
  return new FileImage(path, byteLength, checksum)
}
