import { spoolFor, type ImageSpool } from '../spool.js'
import { BytesImage } from './bytes-image.js'
import type { ChunkReader } from './chunk-reader.js'
import { collect } from './chunks.js'
import { discardedError } from './errors.js'
import type { OwnedImage } from './owned-image.js'

/**
 * An image that is still being produced. As a stream it can be read once; as bytes or as a file it is kept in that
 * form, and can be read again.
 */
export class StreamImage implements OwnedImage {
  readonly #chunks: ChunkReader
  readonly #spool: ImageSpool | undefined
  #passedOn = false
  #kept: Promise<OwnedImage> | undefined
  #byteLength: number | undefined

  constructor(chunks: ChunkReader, spool?: ImageSpool) {
    this.#chunks = chunks
    this.#spool = spool
  }

  get byteLength(): number | undefined {
    return this.#byteLength
  }

  async bytes(): Promise<Uint8Array> {
    const kept = await this.#keep(
      async (chunks) => new BytesImage(await collect(chunks, chunks.slices), { spool: this.#spool }),
    )
    return kept.bytes()
  }

  async *stream(): AsyncGenerator<Uint8Array> {
    if (this.#kept) {
      const kept = await this.#kept
      yield* kept.stream()
    } else {
      yield* this.#pass()
    }
  }

  async file(): Promise<string> {
    const spool = spoolFor('the image was asked for as a file', this.#spool)
    const kept = await this.#keep((chunks) => spool.write(chunks))
    return kept.file()
  }

  async discard(): Promise<void> {
    await this.#chunks.stop(discardedError())
    const kept = await this.#kept?.catch(() => undefined)
    await kept?.discard()
  }

  #keep(keep: (chunks: ChunkReader) => Promise<OwnedImage>): Promise<OwnedImage> {
    this.#kept ??= this.#readWhole(keep)
    return this.#kept
  }

  async #readWhole(keep: (chunks: ChunkReader) => Promise<OwnedImage>): Promise<OwnedImage> {
    const kept = await keep(this.#pass())
    this.#byteLength = kept.byteLength
    return kept
  }

  /** The reader of the stream, which there is only once. */
  #pass(): ChunkReader {
    if (this.#passedOn) {
      throw new Error(
        'the image was persisted as a stream and has been read already. Keep what was read, ' +
          'or read it with bytes() or file(), which can be called again',
      )
    }
    this.#passedOn = true
    return this.#chunks
  }
}
