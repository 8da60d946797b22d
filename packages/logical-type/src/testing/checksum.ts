/**
 * In the metadata of a golden file's schema: the marker, and eight digits, which are 0 while the checksum is computed.
 */
const MARKER = 'uni-golden-crc32:'
const DIGITS = 8

/** The text in whose place {@link seal} puts the checksum. */
export const UNSEALED = MARKER + '0'.repeat(DIGITS)

/** Puts the checksum of `bytes` in the place of each {@link UNSEALED}. */
export function seal(bytes: Uint8Array): Uint8Array {
  const sealed = new Uint8Array(bytes)
  const sum = new TextEncoder().encode(crc32(bytes).toString(16).padStart(DIGITS, '0'))
  for (const at of placesOf(UNSEALED, bytes)) sealed.set(sum, at + MARKER.length)
  return sealed
}

/**
 * Checks the checksum of {@link seal}. Without it, Arrow may read a damaged file as columns without end.
 *
 * @throws Error where the bytes are not those that were sealed.
 */
export function assertSealed(bytes: Uint8Array): void {
  const places = placesOf(MARKER, bytes)
  const [first] = places
  if (first === undefined) throw new Error('it has no checksum')
  const sum = new TextDecoder().decode(bytes.subarray(first + MARKER.length, first + UNSEALED.length))
  // Copied, as `slice` of a Node Buffer is a view.
  const unsealed = new Uint8Array(bytes)
  for (const at of places) {
    // A sample may have the marker as well; only the checksum is set back to 0.
    const found = new TextDecoder().decode(bytes.subarray(at + MARKER.length, at + UNSEALED.length))
    if (found === sum) unsealed.fill(0x30, at + MARKER.length, at + UNSEALED.length)
  }
  const expected = crc32(unsealed).toString(16).padStart(DIGITS, '0')
  if (sum !== expected) throw new Error(`its checksum is ${JSON.stringify(sum)}, and that of its bytes ${expected}`)
}

function placesOf(text: string, bytes: Uint8Array): number[] {
  const wanted = new TextEncoder().encode(text)
  const places: number[] = []
  for (let at = bytes.indexOf(wanted[0] as number); at >= 0; at = bytes.indexOf(wanted[0] as number, at + 1)) {
    if (wanted.every((byte, index) => bytes[at + index] === byte)) places.push(at)
  }
  return places
}

/** CRC-32 (IEEE 802.3). */
function crc32(bytes: Uint8Array): number {
  let sum = 0xffffffff
  for (const byte of bytes) {
    sum ^= byte
    for (let bit = 0; bit < 8; bit += 1) sum = (sum >>> 1) ^ (sum & 1 ? 0xedb88320 : 0)
  }
  return (sum ^ 0xffffffff) >>> 0
}
