import { crc32 } from 'node:zlib'
import type { DocumentChange, IndexedDocument } from './rows.js'

/**
 * What every version reads and writes: the magic, then frames, each with the length of its payload and a CRC-32 of it,
 * then an end mark with the number of frames. A payload is a JSON array of documents: words are made of them anew, so that
 * no version depends on how another cuts text into words. An image without its end mark is one that was torn.
 */
const MAGIC = new TextEncoder().encode('UNIFTX01')
/** A length and a checksum, or 0 and the number of frames; 32 bits each, big-endian. */
const HEAD_BYTES = 8

/** The pieces of an image of `documents`, `perFrame` of them to a frame. */
export function * imagePieces(documents: readonly IndexedDocument[], perFrame: number): Generator<Uint8Array> {
  yield MAGIC.slice()
  const encoder = new TextEncoder()
  let frames = 0
  for (let from = 0; from < documents.length; from += perFrame) {
    const payload = encoder.encode(JSON.stringify(documents.slice(from, from + perFrame)))
    yield head(payload.byteLength, crc32(payload))
    yield payload
    frames += 1
  }
  yield head(0, frames)
}

/** The documents in an image, parsed frame by frame. @throws Error where the image is torn or damaged, or none at all. */
export function * documentsIn(image: Uint8Array): Generator<DocumentChange> {
  for (const frame of framesOf(image)) {
    for (const document of JSON.parse(frame) as IndexedDocument[]) yield { ...document, deleted: false }
  }
}

/** Checks the whole image before anything is made of it. */
function framesOf(image: Uint8Array): readonly string[] {
  const view = new DataView(image.buffer, image.byteOffset, image.byteLength)
  if (image.byteLength < MAGIC.byteLength || MAGIC.some((byte, at) => image[at] !== byte)) {
    throw new Error('the bytes are no image of a full-text index: expected them to begin with UNIFTX01')
  }
  const decoder = new TextDecoder('utf-8', { fatal: true })
  const frames: string[] = []
  for (let at = MAGIC.byteLength; ;) {
    if (at + HEAD_BYTES > image.byteLength) throw torn(image)
    const length = view.getUint32(at)
    const check = view.getUint32(at + 4)
    at += HEAD_BYTES
    if (length === 0) {
      if (check === frames.length && at === image.byteLength) return frames
      throw new Error(`the image is damaged: its end mark at byte ${at - HEAD_BYTES} does not fit what precedes and follows it`)
    }
    if (at + length > image.byteLength) throw torn(image)
    const payload = image.subarray(at, at + length)
    if (crc32(payload) !== check) throw new Error(`the image is damaged: the frame at byte ${at - HEAD_BYTES} does not have its checksum`)
    frames.push(decoder.decode(payload))
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
