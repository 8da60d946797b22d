import { spoolFor, type ImageSpool } from '../spool.js'
import { chunksOf } from './chunks.js'
import { discardedError } from './errors.js'
import type { OwnedImage } from './owned-image.js'

export interface BytesImageOptions {
  readonly spool?: ImageSpool | undefined
  /** Whether each reader gets bytes of its own, so that the image survives a reader that writes to them. */
  readonly copies?: boolean | undefined
}

/** An image in memory. */
export class BytesImage implements OwnedImage {
  readonly byteLength: number
  readonly #options: BytesImageOptions
  #bytes: Uint8Array | undefined
  #spooled: Promise<OwnedImage> | undefined

  constructor(bytes: Uint8Array, options: BytesImageOptions = {}) {
    this.byteLength = bytes.byteLength
    this.#bytes = bytes
    this.#options = options
  }

  async bytes(): Promise<Uint8Array> {
    const bytes = this.#kept()
    return this.#options.copies ? new Uint8Array(bytes) : bytes
  }

  async *stream(): AsyncGenerator<Uint8Array> {
    for (const chunk of chunksOf(this.#kept())) yield this.#options.copies ? new Uint8Array(chunk) : chunk
  }

  async file(): Promise<string> {
    const bytes = this.#kept()
    this.#spooled ??= spoolFor('the image was asked for as a file', this.#options.spool).write(chunksOf(bytes))
    const spooled = await this.#spooled
    return spooled.file()
  }

  async discard(): Promise<void> {
    this.#bytes = undefined
    const spooled = await this.#spooled?.catch(() => undefined)
    await spooled?.discard()
  }

  #kept(): Uint8Array {
    if (this.#bytes === undefined) throw discardedError()
    return this.#bytes
  }
}
