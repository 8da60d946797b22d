/** The bytes of a document that a plugin persisted: a tag that says how the parts are encoded, and the parts. */
export interface TaggedParts {
  readonly tag: number
  /** At least one. */
  readonly parts: readonly [Uint8Array, ...Uint8Array[]]
}

/** One byte for the tag, and the number of parts. Numbers have 32 bits, big-endian. */
const HEAD_BYTES = 5
const LENGTH_BYTES = 4

/** The head, then each part behind its length. */
export function joinParts({ tag, parts }: TaggedParts): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + LENGTH_BYTES + part.byteLength, HEAD_BYTES))
  const view = new DataView(bytes.buffer)
  bytes[0] = tag
  view.setUint32(1, parts.length)
  let at = HEAD_BYTES
  for (const part of parts) {
    view.setUint32(at, part.byteLength)
    bytes.set(part, at + LENGTH_BYTES)
    at += LENGTH_BYTES + part.byteLength
  }
  return bytes
}

/** The parts are views of `bytes`. @throws Error where these are torn, or more than the parts. */
export function splitParts(bytes: Uint8Array): TaggedParts {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const end = bytes.byteLength
  const count = end < HEAD_BYTES ? 0 : view.getUint32(1)
  const parts: Uint8Array[] = []
  let at = HEAD_BYTES
  for (; parts.length < count && at + LENGTH_BYTES <= end; at += LENGTH_BYTES + view.getUint32(at)) {
    parts.push(bytes.subarray(at + LENGTH_BYTES, at + LENGTH_BYTES + view.getUint32(at)))
  }
  const [first, ...others] = parts
  if (first === undefined || parts.length < count || at !== end) {
    throw new Error(
      `the bytes are torn or damaged: expected ${count} parts in ${at} bytes or more, found ${parts.length} in ${end}`,
    )
  }
  return { tag: bytes[0] as number, parts: [first, ...others] }
}
