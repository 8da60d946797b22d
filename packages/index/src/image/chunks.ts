import type { Slices } from '@uni/reload-core'

/** Bytes in a chunk where this package does the cutting: to read or check one blocks for well under 1 ms. */
export const CHUNK_BYTES = 1 << 20

/** Views of `bytes`, in order; nothing is copied. */
export function* chunksOf(bytes: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < bytes.byteLength; at += CHUNK_BYTES) yield bytes.subarray(at, at + CHUNK_BYTES)
}

/** All of a stream in one array, without a copy where the stream is one chunk. */
export async function collect(stream: AsyncIterable<Uint8Array>, slices: Slices): Promise<Uint8Array> {
  const chunks: (Uint8Array | undefined)[] = []
  let total = 0
  for await (const chunk of stream) {
    chunks.push(chunk)
    total += chunk.byteLength
  }
  if (chunks.length === 1) return chunks[0] as Uint8Array
  const all = new Uint8Array(total)
  let at = 0
  for (const [index, chunk] of (chunks as Uint8Array[]).entries()) {
    all.set(chunk, at)
    at += chunk.byteLength
    // A chunk that has been copied may be freed while the others are copied.
    chunks[index] = undefined
    if (slices.due()) await slices.pause()
  }
  return all
}
