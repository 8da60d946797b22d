import type { IndexImage } from '../contract.js'
import type { ImageSpool } from '../spool.js'

/** An image that somebody owns. */
export interface HeldImage extends IndexImage {
  /** Removes what the image occupies; reads fail from now on. May be called again, to no effect. */
  discard(): Promise<void>
}

const NEEDS_SPOOL = 'Pass `spool: fileSpool(directory)`, from \'@uni/reload-index/node\', to indexHandoff().'

/** @throws Error that says how to get a spool. */
export function spoolFor(wish: string, spool: ImageSpool | undefined): ImageSpool {
  if (spool === undefined) throw new Error(`${wish}, but there is no spool to keep files with. ${NEEDS_SPOOL}`)
  return spool
}

export function discardedError(): Error {
  return new Error('the image is gone: the handoff it belonged to is over. An image has to be read before open() settles')
}

/** The forms of an image have this in common: without a byte it is the mark of a write that failed. */
export function emptyImageError(origin: string): Error {
  return new Error(`${origin} has 0 bytes. Expected an image that says at least what it is, even of an empty index`)
}
