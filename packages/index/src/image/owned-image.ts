import type { IndexImage } from '../contract.js'

/** An image that has to be discarded by whoever owns it. */
export interface OwnedImage extends IndexImage {
  /** Removes the bytes or the file of the image; later reads fail. A second call does nothing. */
  discard(): Promise<void>
}
