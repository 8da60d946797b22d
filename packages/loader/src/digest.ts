import { hash } from 'node:crypto'

/** What bytes are named by: SHA-256, as `sha256-` and base64 (https://www.w3.org/TR/SRI/). */
export type Digest = `sha256-${string}`

export function digestOf(bytes: Uint8Array | string): Digest {
  return `sha256-${hash('sha256', bytes, 'base64')}`
}

/** The digest as file names have it. */
export function hexOf(digest: Digest): string {
  return Buffer.from(digest.slice('sha256-'.length), 'base64').toString('hex')
}
