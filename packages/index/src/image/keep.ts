import { onAbort, type Slices } from '@uni/reload-core'
import { isAsyncIterable, isBytes, isFileReference, nameOf } from '../shape.js'
import { spoolFor, type ImageSpool } from '../spool.js'
import { BytesImage } from './bytes-image.js'
import { ChunkReader } from './chunk-reader.js'
import { collect } from './chunks.js'
import { emptyImageError } from './errors.js'
import type { OwnedImage } from './owned-image.js'
import { StreamImage } from './stream-image.js'

export interface KeepOptions {
  readonly spool?: ImageSpool | undefined
  /** Ends the reading of the stream. */
  readonly signal: AbortSignal
  /** Yields while the stream is read. */
  readonly slices: Slices
  /** Whether the image may be opened more than once, and has to survive a reader that changes the bytes. */
  readonly repeatable: boolean
  /** Whether the stream may be read while the index is written to. */
  readonly isolated: boolean
  /** Called with the size of each part that was persisted. */
  transferred(bytes: number): void
}

/**
 * Makes an image of what `persist()` resolved with. A stream is read to its end, into the spool or into memory, before
 * this resolves; except one that is isolated and read once: that is passed on to the reader of the image, chunk by
 * chunk.
 */
export async function keepImage(persisted: unknown, options: KeepOptions): Promise<OwnedImage> {
  const { spool, repeatable, isolated, slices } = options
  if (isBytes(persisted)) {
    if (persisted.byteLength === 0) throw emptyImageError('what persist() resolved with')
    options.transferred(persisted.byteLength)
    return new BytesImage(persisted, { spool, copies: repeatable })
  }
  if (isAsyncIterable(persisted)) {
    const chunks = new ChunkReader(persisted, slices, (bytes) => options.transferred(bytes))
    return isolated && !repeatable ? new StreamImage(chunks, spool) : readNow(chunks, options)
  }
  if (isFileReference(persisted)) {
    const image = await spoolFor(`persist() resolved with the file ${JSON.stringify(persisted.file)}`, spool).adopt(
      persisted.file,
      persisted.crc32,
    )
    options.transferred(image.byteLength ?? 0)
    return image
  }
  throw new TypeError(
    `persist() resolved with ${nameOf(persisted)}. Expected a Uint8Array, an AsyncIterable<Uint8Array> or ` +
      '{ file, crc32? }',
  )
}

async function readNow(chunks: ChunkReader, { spool, signal, repeatable }: KeepOptions): Promise<OwnedImage> {
  const stop = (): void => {
    chunks.stop(signal.reason).catch(() => {})
  }
  if (signal.aborted) stop()
  const stopListening = onAbort(signal, stop)
  try {
    return spool
      ? await spool.write(chunks)
      : new BytesImage(await collect(chunks, chunks.slices), { copies: repeatable })
  } catch (error) {
    // The spool may have failed before it read the stream to the end.
    await chunks.stop(error)
    throw error
  } finally {
    stopListening()
  }
}
