import type { IndexImage } from '../contract.js'

/** An image that somebody owns. */
export interface OwnedImage extends IndexImage {
  /** Removes what the image occupies; reads fail from now on. May be called again, to no effect. */
  discard(): Promise<void>
}
