import type { OwnedImage } from './image/owned-image.js'

/**
 * Keeps images outside memory. On Node, `fileSpool` of `@uni/reload-index/node`; a host in a browser may write its own.
 */
export interface ImageSpool {
  /** Writes an image. If that fails, or `chunks` throws, nothing is left behind. */
  write(chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<OwnedImage>
  /**
   * Takes over the file that a handle persisted: it is read where it is, and removed when the image is discarded.
   *
   * @param crc32 the CRC-32 of the whole file, if the handle gave one.
   */
  adopt(file: string, crc32?: number): Promise<OwnedImage>
}

const NEEDS_SPOOL = "Pass `spool: fileSpool(directory)`, from '@uni/reload-index/node', to indexHandoff()."

/** @throws Error that says how to get a spool, where there is none. */
export function spoolFor(wish: string, spool: ImageSpool | undefined): ImageSpool {
  if (spool === undefined) throw new Error(`${wish}, but there is no spool to keep files with. ${NEEDS_SPOOL}`)
  return spool
}
