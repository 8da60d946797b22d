import { createHash } from 'node:crypto'

/** Of 255 bytes that a file name may have, less `cdc-`, `.json` and the `.tmp` of a save. */
const LONGEST = 242

/**
 * The name of a stream's file: percent-encoded, or by its hash where that would be too long, or where the name is no
 * Unicode text, which has no encoding of its own. Two streams never share a file, whatever the file system makes of
 * upper case, reserved names or composed characters: all characters are lower-case ASCII, and only a hash begins with
 * `~`.
 */
export function fileOfStream(stream: string): string {
  const encoded = percentEncoded(stream)
  return isText(stream) && encoded.length <= LONGEST ? fileNamed(encoded) : fileNamed(`~${hashOf(stream)}`)
}

/**
 * The file that the first version had for a stream with half a surrogate pair in its name, which it encoded like
 * U+FFFD. It may be another stream's.
 */
export function earlierFileOfStream(stream: string): string | undefined {
  const encoded = percentEncoded(stream)
  return isText(stream) || encoded.length > LONGEST ? undefined : fileNamed(encoded)
}

/** Whether each surrogate is part of a pair. */
function isText(stream: string): boolean {
  return !/\p{Surrogate}/u.test(stream)
}

function fileNamed(name: string): string {
  return `cdc-${name}.json`
}

/** All but lower-case letters, digits, `-` and `_`. */
function percentEncoded(stream: string): string {
  return Array.from(new TextEncoder().encode(stream), (byte) => {
    const character = String.fromCharCode(byte)
    return /[a-z0-9_-]/.test(character) ? character : `%${byte.toString(16).padStart(2, '0')}`
  }).join('')
}

/** Of its UTF-16 code units, which tell all strings apart. */
function hashOf(stream: string): string {
  return createHash('sha256').update(stream, 'utf16le').digest('hex')
}
