import { createHash } from 'node:crypto'

/** The 255 bytes of a file name, less `cdc-`, `.json` and the `.tmp` of a save. */
const LONGEST = 242

/**
 * The name of a stream's file: percent-encoded, or a hash where that would be too long or the name is not valid
 * Unicode, which has no encoding. Two streams never share a file, whatever the file system does with upper case,
 * reserved names or composed characters: all characters are lower-case ASCII, and only a hash begins with `~`.
 */
export function fileOfStream(stream: string): string {
  const encoded = percentEncoded(stream)
  return isText(stream) && encoded.length <= LONGEST ? fileNamed(encoded) : fileNamed(`~${hashOf(stream)}`)
}

/**
 * The file that version 1 used for a stream with half a surrogate pair in its name: it encoded that half as U+FFFD. The
 * file may be another stream's.
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

/** Encodes all but lower-case letters, digits, `-` and `_`. */
function percentEncoded(stream: string): string {
  return Array.from(new TextEncoder().encode(stream), (byte) => {
    const character = String.fromCharCode(byte)
    return /[a-z0-9_-]/.test(character) ? character : `%${byte.toString(16).padStart(2, '0')}`
  }).join('')
}

/** The hash of its UTF-16 code units, which differ for any two strings. */
function hashOf(stream: string): string {
  return createHash('sha256').update(stream, 'utf16le').digest('hex')
}
