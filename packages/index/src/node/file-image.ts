import { open, rm, stat, type FileHandle } from 'node:fs/promises'
import { crc32 } from 'node:zlib'
import { option } from '@uni/reload-core'
import type { IndexImage } from '../contract.js'
import { CHUNK_BYTES } from '../image/chunks.js'
import { discardedError, emptyImageError } from '../image/errors.js'
import type { HeldImage } from '../image/held-image.js'

/** An image in a file, checked each time it is read. */
export class FileImage implements HeldImage {
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

  /** Each chunk is memory of its own, and the reader's to keep. */
  stream(): AsyncGenerator<Uint8Array> {
    return this.#read((at) => new Uint8Array(Math.min(CHUNK_BYTES, this.byteLength - at)))
  }

  /** The file is checked before its path is given away: nobody can once it is read by others. */
  async file(): Promise<string> {
    if (this.#checksum === undefined) {
      await this.#checkLength(undefined)
    } else {
      const buffer = new Uint8Array(Math.min(CHUNK_BYTES, this.byteLength))
      for await (const _ of this.#read((at) => buffer.subarray(0, this.byteLength - at)));
    }
    return this.#path
  }

  async discard(): Promise<void> {
    this.#discarded = true
    await rm(this.#path, { force: true })
  }

  async* #read(bufferAt: (position: number) => Uint8Array): AsyncGenerator<Uint8Array> {
    if (this.#discarded) throw discardedError()
    const file = await open(this.#path, 'r')
    try {
      await this.#checkLength(file)
      let checksum = 0
      for (let at = 0; at < this.byteLength;) {
        const buffer = bufferAt(at)
        const { bytesRead } = await file.read(buffer, 0, buffer.byteLength, at)
        if (bytesRead === 0) throw this.#torn(at)
        const chunk = buffer.subarray(0, bytesRead)
        if (this.#checksum !== undefined) checksum = crc32(chunk, checksum)
        at += bytesRead
        yield chunk
      }
      if (this.#checksum !== undefined && checksum !== this.#checksum) {
        throw new Error(`the image in ${this.#path} was changed since it was written: its CRC-32 is ${checksum}, not ${this.#checksum}`)
      }
    } finally {
      await file.close()
    }
  }

  async #checkLength(file: FileHandle | undefined): Promise<void> {
    if (this.#discarded) throw discardedError()
    const { size } = await (file ? file.stat() : stat(this.#path))
    if (size !== this.byteLength) throw this.#torn(size)
  }

  #torn(size: number): Error {
    return new Error(`the image in ${this.#path} is ${size < this.byteLength ? 'truncated' : 'too long'}: ${size} of ${this.byteLength} bytes`)
  }
}

/** Takes over a file that a handle persisted. One without a byte is removed, and refused. */
export async function adoptFile(path: string, checksum?: number): Promise<HeldImage> {
  const image = new FileImage(path, await lengthOf(path), checksum)
  if (image.byteLength > 0) return image
  await image.discard()
  throw emptyImageError(`the file ${path}`)
}

/** An image of a file that stays the caller's, such as one it stored when it shut down. */
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
