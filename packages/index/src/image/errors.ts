/** The error of a read after `discard`. */
export function discardedError(): Error {
  return new Error(
    'the image is gone: the handoff it belonged to is over. An image has to be read before open() settles',
  )
}

/** The error for an image without a byte, in any form: such an image is the mark of a write that failed. */
export function emptyImageError(origin: string): Error {
  return new Error(`${origin} has 0 bytes. Expected an image that says at least what it is, even of an empty index`)
}
