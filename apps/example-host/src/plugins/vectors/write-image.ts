import { createReadStream } from 'node:fs'
import { open, rm, type FileHandle } from 'node:fs/promises'
import { crc32 } from 'node:zlib'
import { LENGTHS_BYTES, MAGIC, TRAILER_BYTES } from './image.js'
import { newFile } from './native.js'
import type { ShardSnapshot } from './shard-snapshot.js'
import type { KeyedDocument } from './table.js'

export interface ImageContent {
  /** How the tables are encoded. */
  readonly format: number
  readonly shards: readonly ShardSnapshot[]
  table(documents: readonly KeyedDocument[]): Uint8Array
}

/** Writes an image into a new file in `directory`. The snapshots are discarded, whatever happens. */
export async function writeImage(
  directory: string,
  content: ImageContent,
  signal: AbortSignal,
): Promise<{ readonly file: string }> {
  const file = newFile(directory)
  try {
    await writeTo(file, content, signal)
    return { file }
  } catch (error) {
    await rm(file, { force: true })
    throw error
  } finally {
    await Promise.all(content.shards.map((shard) => shard.discard()))
  }
}

async function writeTo(file: string, { format, shards, table }: ImageContent, signal: AbortSignal): Promise<void> {
  const image = await open(file, 'wx')
  try {
    const writer = new CheckedWriter(image)
    const lengths = Buffer.alloc(LENGTHS_BYTES * shards.length)
    for (const [nth, shard] of shards.entries()) {
      signal.throwIfAborted()
      const start = writer.length
      const vectors: AsyncIterable<Buffer> = createReadStream(shard.file(), { signal })
      for await (const chunk of vectors) await writer.write(chunk)
      lengths.writeBigUInt64BE(BigInt(writer.length - start), LENGTHS_BYTES * nth)
      const rows = table(shard.documents)
      await writer.write(rows)
      lengths.writeBigUInt64BE(BigInt(rows.byteLength), LENGTHS_BYTES * nth + 8)
      await shard.discard()
    }
    const trailer = Buffer.alloc(TRAILER_BYTES)
    trailer.writeUInt32BE(shards.length, 0)
    trailer.writeUInt32BE(format, 4)
    await writer.write(lengths)
    await writer.write(trailer.subarray(0, 8))
    trailer.writeUInt32BE(writer.checksum, 8)
    MAGIC.copy(trailer, 12)
    await image.appendFile(trailer.subarray(8))
  } finally {
    await image.close()
  }
}

/** Writes, and counts what it wrote. */
class CheckedWriter {
  readonly #file: FileHandle
  length = 0
  checksum = 0

  constructor(file: FileHandle) {
    this.#file = file
  }

  async write(bytes: Uint8Array): Promise<void> {
    this.checksum = crc32(bytes, this.checksum)
    this.length += bytes.byteLength
    await this.#file.appendFile(bytes)
  }
}
