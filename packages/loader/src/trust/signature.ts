import { createPrivateKey, sign, type KeyObject } from 'node:crypto'
import { digestOf, type Digest } from '../digest.js'

/** A signature over a packed plugin, as JSON has it beside the archive: `<archive>.sig`. */
export interface PackageSignature {
  /** What the signer's public key is called in the key rings of hosts. */
  readonly keyId: string
  /** Ed25519 (RFC 8032) over the statement of `signedStatement`, as base64. */
  readonly signature: string
}

/**
 * Signs a packed plugin.
 *
 * @param archive its bytes.
 * @param privateKey of Ed25519: a key of `node:crypto`, or PEM.
 * @throws TypeError where the key is another.
 */
export function signPackage(archive: Uint8Array, privateKey: KeyObject | string, keyId: string): PackageSignature {
  const key = typeof privateKey === 'string' ? createPrivateKey(privateKey) : privateKey
  if (key.type !== 'private' || key.asymmetricKeyType !== 'ed25519') {
    throw new TypeError(`signPackage: expected a private key of Ed25519, and got a ${key.type} key of ${keyType(key)}`)
  }
  if (keyId === '') throw new TypeError('signPackage: expected a key id, and got an empty one')
  return { keyId, signature: sign(null, signedStatement(digestOf(archive)), key).toString('base64') }
}

/**
 * What is signed: two lines that name the archive by its SHA-256. With its digest alone a host can look at a signature
 * again, after the archive is gone.
 */
export function signedStatement(digest: Digest): Buffer {
  return Buffer.from(`uni-reload package signature 1\n${digest}\n`)
}

export function isPackageSignature(value: unknown): value is PackageSignature {
  if (typeof value !== 'object' || value === null) return false
  const { keyId, signature } = value as Record<string, unknown>
  return typeof keyId === 'string' && typeof signature === 'string'
}

export function keyType(key: KeyObject): string {
  return key.asymmetricKeyType ?? 'no public-key algorithm'
}
