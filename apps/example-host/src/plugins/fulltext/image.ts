import { crc32 } from 'node:zlib'
import { inSlices } from '../../in-slices.js'
import { framePayload, payloadDocuments, type Format } from './payload.js'
import type { DocumentChange, IndexedDocument } from './rows.js'

/**
 * What every version reads: a magic with the format, then frames, each with the length of its payload and a CRC-32 of
 * it, then an end mark with the number of frames. A payload is some documents: words are made of them anew, so that no
 * version depends on how another cuts text into words. An image without its end mark is one that was torn.
 */
const MAGIC = 'UNIFTX0'
const MAGIC_BYTES = MAGIC.length + 1
/** A length and a checksum, or 0 and the number of frames; 32 bits each, big-endian. */
const HEAD_BYTES = 8

/** How an image is written. */
export interface Layout {
  readonly format: Format
  /** Documents to a frame. */
  readonly perFrame: number
}

/** A frame, its checksum right. */
interface Frame {
  readonly format: Format
  readonly payload: Uint8Array
}

/** The pieces of an image of `documents`, each made when its turn comes. */
export function* imagePieces(
  documents: readonly IndexedDocument[],
  { format, perFrame }: Layout,
): Generator<Uint8Array> {
  yield new TextEncoder().encode(`${MAGIC}${format}`)
  let frames = 0
  for (let from = 0; from < documents.length; from += perFrame) {
    const payload = framePayload(format, documents.slice(from, from + perFrame))
    yield head(payload.byteLength, crc32(payload))
    yield payload
    frames += 1
  }
  yield head(0, frames)
}

/**
 * The documents in an image, all of which is checked, in slices, before anything is made of it. Parsed frame by frame.
 *
 * @throws Error where the image is torn or damaged, or none at all.
 */
export async function readImage(image: Uint8Array, signal?: AbortSignal): Promise<Iterable<DocumentChange>> {
  const frames: Frame[] = []
  for await (const frame of inSlices(framesOf(image), signal)) frames.push(frame)
  return documentsIn(frames)
}

/** The frames of an image, each checked when its turn comes. */
function* framesOf(image: Uint8Array): Generator<Frame> {
  const view = new DataView(image.buffer, image.byteOffset, image.byteLength)
  const format = formatOf(image)
  let frames = 0
  for (let at = MAGIC_BYTES; ;) {
    if (at + HEAD_BYTES > image.byteLength) throw torn(image)
    const length = view.getUint32(at)
    const check = view.getUint32(at + 4)
    at += HEAD_BYTES
    if (length === 0) {
      if (check === frames && at === image.byteLength) return
      throw new Error(
        `the image is damaged: its end mark at byte ${at - HEAD_BYTES} does not fit what precedes and follows it`,
      )
    }
    if (at + length > image.byteLength) throw torn(image)
    const payload = image.subarray(at, at + length)
    if (crc32(payload) !== check)
      throw new Error(`the image is damaged: the frame at byte ${at - HEAD_BYTES} does not have its checksum`)
    yield { format, payload }
    frames += 1
    at += length
  }
}

function* documentsIn(frames: Iterable<Frame>): Generator<DocumentChange> {
  for (const { format, payload } of frames)
    for (const document of payloadDocuments(format, payload)) yield { ...document, deleted: false }
}

function formatOf(image: Uint8Array): Format {
  const magic = Buffer.from(image.subarray(0, MAGIC_BYTES)).toString('latin1')
  const format = Number(magic.slice(MAGIC.length))
  if (!magic.startsWith(MAGIC) || (format !== 1 && format !== 2)) {
    throw new Error(
      `the bytes are no image of a full-text index: expected them to begin with ${MAGIC}1 or ${MAGIC}2, found ` +
        `${JSON.stringify(magic)}`,
    )
  }
  return format
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
