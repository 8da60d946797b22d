import { open, rm, stat, type FileHandle } from 'node:fs/promises'
import { crc32 } from 'node:zlib'
import { option } from '@uni/reload-core'
import type { IndexImage } from '../contract.js'
import { CHUNK_BYTES } from '../image/chunks.js'
import { discardedError, emptyImageError } from '../image/errors.js'
import type { OwnedImage } from '../image/owned-image.js'

/** An image in a file, checked each time it is read. */
export class FileImage implements OwnedImage {
  readonly byteLength: number
  readonly #path: string
  readonly #checksum: number | undefined
  #discarded = false

  /** @param checksum the CRC-32 of the whole file, where it is known. */
  constructor(path: string, byteLength: number, checksum?: number) {
    this.#path = path
    this.byteLength = byteLength
    this.#checksum = checksum
  }

  async bytes(): Promise<Uint8Array> {
    const all = new Uint8Array(this.byteLength)
    for await (const _ of this.#read((at) => all.subarray(at, at + CHUNK_BYTES)));
    return all
  }

  /** Each chunk has memory of its own, which the reader may keep. */
  stream(): AsyncGenerator<Uint8Array> {
    // Not zeroed: every byte that is handed out was read from the file.
    return this.#read((at) => Buffer.allocUnsafeSlow(Math.min(CHUNK_BYTES, this.byteLength - at)))
  }

  /** Checks the file before it gives the path away, as it cannot check what others read. */
  async file(): Promise<string> {
    if (this.#checksum === undefined) {
      await this.#checkLength(undefined)
    } else {
      // Two buffers: one is summed while the other is read into.
      const buffers = [Buffer.allocUnsafeSlow(CHUNK_BYTES), Buffer.allocUnsafeSlow(CHUNK_BYTES)] as const
      let at = 0
      for await (const _ of this.#read(() => buffers[(at ^= 1) as 0 | 1]));
    }
    return this.#path
  }

  async discard(): Promise<void> {
    this.#discarded = true
    await rm(this.#path, { force: true })
  }

  /** @param nextBuffer gives the memory of the next chunk, while the reader still has the one before. */
  async *#read(nextBuffer: (position: number) => Uint8Array): AsyncGenerator<Uint8Array> {
    if (this.#discarded) throw discardedError()
    const file = await open(this.#path, 'r')
    let reading: Promise<Uint8Array> | undefined
    try {
      await this.#checkLength(file)
      let checksum = 0
      reading = this.#readChunk(file, nextBuffer(0), 0)
      for (let at = 0; reading !== undefined;) {
        const chunk: Uint8Array = await reading
        at += chunk.byteLength
        reading = at < this.byteLength ? this.#readChunk(file, nextBuffer(at), at) : undefined
        if (this.#checksum !== undefined) checksum = crc32(chunk, checksum)
        yield chunk
      }
      if (this.#checksum !== undefined && checksum !== this.#checksum) {
        throw new Error(
          `the image in ${this.#path} was changed since it was written: its CRC-32 is ${checksum}, not ` +
            `${this.#checksum}`,
        )
      }
    } finally {
      // A reader that stops early leaves a read pending, under which the file must not be closed.
      await reading?.catch(() => {})
      await file.close()
    }
  }

  #readChunk(file: FileHandle, buffer: Uint8Array, at: number): Promise<Uint8Array> {
    const reading = this.#readOnce(file, buffer, at)
    // A read that fails before it is awaited must not count as an unhandled rejection.
    reading.catch(() => {})
    return reading
  }

  async #readOnce(file: FileHandle, buffer: Uint8Array, at: number): Promise<Uint8Array> {
    const { bytesRead } = await file.read(buffer, 0, Math.min(buffer.byteLength, this.byteLength - at), at)
    if (bytesRead === 0) throw this.#torn(at)
    return buffer.subarray(0, bytesRead)
  }

  async #checkLength(file: FileHandle | undefined): Promise<void> {
    if (this.#discarded) throw discardedError()
    const { size } = await (file ? file.stat() : stat(this.#path))
    if (size !== this.byteLength) throw this.#torn(size)
  }

  #torn(size: number): Error {
    return new Error(
      `the image in ${this.#path} is ${size < this.byteLength ? 'truncated' : 'too long'}: ${size} of ` +
        `${this.byteLength} bytes`,
    )
  }
}

/** Takes over a file that a handle persisted. An empty file is removed, and refused. */
export async function adoptFile(path: string, checksum?: number): Promise<OwnedImage> {
  const image = new FileImage(path, await lengthOf(path), checksum)
  if (image.byteLength > 0) return image
  await image.discard()
  throw emptyImageError(`the file ${path}`)
}

/** An image of a file that stays the caller's, such as one that it stored when it shut down. */
export async function fileImage(path: string): Promise<IndexImage> {
  option.text(path, 'fileImage path', fileImage)
  const byteLength = await lengthOf(path)
  if (byteLength === 0) throw emptyImageError(`the file ${path}`)
  return new FileImage(path, byteLength)
}

async function lengthOf(path: string): Promise<number> {
  const found = await stat(path).catch((cause: unknown) => {
    throw new Error(`the file ${path} that was persisted cannot be read`, { cause })
  })
  if (!found.isFile()) throw new Error(`${path} is not a file. Expected the path of one regular file`)
  return found.size
}
