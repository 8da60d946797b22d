import { createReadStream, createWriteStream } from 'node:fs'
import { open, rm, type FileHandle } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import { crc32 } from 'node:zlib'
import { LENGTHS_BYTES, MAGIC, TRAILER_BYTES, UNCHECKED_BYTES } from './image.js'
import { newFile } from './native.js'

/** A shard in an image. */
export interface ShardImage {
  readonly format: number
  readonly table: Uint8Array
  /** A file with the vectors, which is removed when the next shard is asked for. */
  readonly vectors: string
}

/**
 * The shards of the image in `path`, all of which is checked first. Vectors are put into a file of their own in
 * `directory`.
 *
 * @throws Error where the image is torn or damaged, or none at all.
 */
export async function* readImage(path: string, directory: string, signal: AbortSignal): AsyncGenerator<ShardImage> {
  const image = await open(path, 'r')
  try {
    const { format, lengths } = await readTrailer(image, path, signal)
    let at = 0
    for (const [vectorBytes, tableBytes] of lengths) {
      const vectors = newFile(directory)
      try {
        await pipeline(
          createReadStream(path, { start: at, end: at + vectorBytes - 1 }),
          createWriteStream(vectors, { flags: 'wx' }),
          { signal },
        )
        const table = await readAt(image, at + vectorBytes, tableBytes)
        yield { format, table, vectors }
      } finally {
        await rm(vectors, { force: true })
      }
      at += vectorBytes + tableBytes
    }
  } finally {
    await image.close()
  }
}

interface Trailer {
  readonly format: number
  readonly lengths: readonly (readonly [vectors: number, table: number])[]
}

async function readTrailer(image: FileHandle, path: string, signal: AbortSignal): Promise<Trailer> {
  const { size } = await image.stat()
  const trailer = size < TRAILER_BYTES ? Buffer.alloc(0) : await readAt(image, size - TRAILER_BYTES, TRAILER_BYTES)
  if (!trailer.subarray(-MAGIC.byteLength).equals(MAGIC)) {
    throw new Error('the file is no image of a vector index, or one that is torn: expected it to end with UNIVEC01')
  }
  const shards = trailer.readUInt32BE(0)
  const tail = LENGTHS_BYTES * shards + TRAILER_BYTES
  const heads = tail > size ? Buffer.alloc(0) : await readAt(image, size - tail, LENGTHS_BYTES * shards)
  const lengths = Array.from(
    { length: heads.byteLength / LENGTHS_BYTES },
    (_, nth) =>
      [
        Number(heads.readBigUInt64BE(LENGTHS_BYTES * nth)),
        Number(heads.readBigUInt64BE(LENGTHS_BYTES * nth + 8)),
      ] as const,
  )
  const expected = lengths.reduce((sum, [vectors, table]) => sum + vectors + table, tail)
  if (expected !== size)
    throw new Error(`the image is torn: expected ${shards} shards in ${expected} bytes, found ${size} bytes`)
  if (trailer.readUInt32BE(8) !== (await checksumOf(path, size - UNCHECKED_BYTES, signal))) {
    throw new Error('the image is damaged: it does not have the checksum that its trailer says')
  }
  return { format: trailer.readUInt32BE(4), lengths }
}

/** Of the first `length` bytes, which are more than none. */
async function checksumOf(path: string, length: number, signal: AbortSignal): Promise<number> {
  let checksum = 0
  const chunks: AsyncIterable<Buffer> = createReadStream(path, { end: length - 1, signal })
  for await (const chunk of chunks) checksum = crc32(chunk, checksum)
  return checksum
}

async function readAt(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const bytes = Buffer.alloc(length)
  for (let read = 0; read < length;) {
    const { bytesRead } = await file.read(bytes, read, length - read, position + read)
    if (bytesRead === 0) throw new Error('the image became shorter while it was read')
    read += bytesRead
  }
  return bytes
}
