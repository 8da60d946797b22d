import type { HeldImage } from './image/held-image.js'

/** Keeps images outside memory. `fileSpool` of `@uni/reload-index/node` is one; a browser host may write its own. */
export interface ImageSpool {
  /** Writes an image. Where that fails, `chunks` throwing included, nothing is left behind. */
  write(chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<HeldImage>
  /** Takes over the file that a handle persisted: it is read where it is, and removed when the image is discarded. */
  adopt(file: string): Promise<HeldImage>
}
