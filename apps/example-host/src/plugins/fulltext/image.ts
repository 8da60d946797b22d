import { crc32 } from 'node:zlib'

/**
 * What every version reads and writes: the magic, then frames, each with the length of its payload and a CRC-32 of it,
 * then an end mark with the number of frames. Together the payloads are the JSON of a MiniSearch index. An image without
 * its end mark is one that was torn.
 */
const MAGIC = new TextEncoder().encode('UNIFTX01')
/** A length and a checksum, or 0 and the number of frames; 32 bits each, big-endian. */
const HEAD_BYTES = 8

/** The pieces of an image whose JSON comes in `parts`. */
export function * imagePieces(parts: Iterable<string>): Generator<Uint8Array> {
  yield MAGIC.slice()
  const encoder = new TextEncoder()
  let frames = 0
  for (const part of parts) {
    const payload = encoder.encode(part)
    // A frame without content would read as the end mark.
    if (payload.byteLength === 0) continue
    yield head(payload.byteLength, crc32(payload))
    yield payload
    frames += 1
  }
  yield head(0, frames)
}

/** The JSON in an image. @throws Error where the image is torn or damaged, or none at all. */
export function jsonOfImage(image: Uint8Array): string {
  const view = new DataView(image.buffer, image.byteOffset, image.byteLength)
  if (image.byteLength < MAGIC.byteLength || MAGIC.some((byte, at) => image[at] !== byte)) {
    throw new Error('the bytes are no image of a full-text index: expected them to begin with UNIFTX01')
  }
  const decoder = new TextDecoder('utf-8', { fatal: true })
  const parts: string[] = []
  for (let at = MAGIC.byteLength; ;) {
    if (at + HEAD_BYTES > image.byteLength) throw torn(image)
    const length = view.getUint32(at)
    const check = view.getUint32(at + 4)
    at += HEAD_BYTES
    if (length === 0) {
      if (check !== parts.length || at !== image.byteLength) throw new Error(`the image is damaged: its end mark at byte ${at - HEAD_BYTES} does not fit what precedes and follows it`)
      return parts.join('')
    }
    if (at + length > image.byteLength) throw torn(image)
    const payload = image.subarray(at, at + length)
    if (crc32(payload) !== check) throw new Error(`the image is damaged: the frame at byte ${at - HEAD_BYTES} does not have its checksum`)
    parts.push(decoder.decode(payload))
    at += length
  }
}

function head(first: number, second: number): Uint8Array {
  const bytes = new Uint8Array(HEAD_BYTES)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, first)
  view.setUint32(4, second)
  return bytes
}

function torn(image: Uint8Array): Error {
  return new Error(`the image is torn: it ends at byte ${image.byteLength}, before its end mark`)
}
