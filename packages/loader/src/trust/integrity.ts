import { createHash, timingSafeEqual } from 'node:crypto'
import { LoadError } from '../errors.js'

/** What bytes are to be: SHA-256, 384 or 512, as npm and https://www.w3.org/TR/SRI/ write it. */
export type Integrity = `sha${256 | 384 | 512}-${string}`

/**
 * @param file where the bytes are from, for errors.
 * @throws LoadError `INTEGRITY` where the bytes are others; TypeError where `integrity` is none.
 */
export function checkIntegrity(file: string, bytes: Uint8Array, integrity: Integrity): void {
  const { algorithm, digest } = parseIntegrity(integrity)
  const found = createHash(algorithm).update(bytes).digest()
  if (timingSafeEqual(found, digest)) return
  throw new LoadError('INTEGRITY', `it is ${algorithm}-${found.toString('base64')}, and not ${integrity}`, {
    place: { file },
    hint: 'Nothing of it was run. Get it anew; if it was changed on purpose, ask whoever made it for its digest.',
  })
}

/** @throws TypeError where it is none. */
function parseIntegrity(integrity: string): { algorithm: 'sha256' | 'sha384' | 'sha512'; digest: Buffer } {
  const [, bits, base64 = ''] = /^sha(256|384|512)-([A-Za-z0-9+/]+={0,2})$/.exec(integrity) ?? []
  const digest = Buffer.from(base64, 'base64')
  if (bits === undefined || digest.length * 8 !== Number(bits) || digest.toString('base64') !== base64) {
    throw new TypeError(
      `integrity: expected sha256-, sha384- or sha512- and the digest as base64, and got ${JSON.stringify(integrity)}`,
    )
  }
  return { algorithm: `sha${bits as '256'}`, digest }
}
