/** For reads of an image that was discarded. */
export function discardedError(): Error {
  return new Error(
    'the image is gone: the handoff it belonged to is over. An image has to be read before open() settles',
  )
}

/** The forms of an image have this in common: without a byte it is the mark of a write that failed. */
export function emptyImageError(origin: string): Error {
  return new Error(`${origin} has 0 bytes. Expected an image that says at least what it is, even of an empty index`)
}
