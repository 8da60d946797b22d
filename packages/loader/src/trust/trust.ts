import { createPublicKey, KeyObject, verify } from 'node:crypto'
import { checkOptions, option, type OptionChecks } from '@uni/reload-core'
import type { Digest } from '../digest.js'
import { LoadError } from '../errors.js'
import { keyType, signedStatement, type PackageSignature } from './signature.js'

/** Whose packages a host runs. */
export interface TrustOptions {
  /**
   * Public keys of Ed25519, by their ids: keys of `node:crypto`, or PEM. A key that is taken out is no longer trusted.
   */
  readonly keys: Readonly<Record<string, KeyObject | string>>
  /**
   * What becomes of a plugin that nobody has signed, such as a file or a folder: it is refused, the default, or
   * `onUnsigned` is told. One with a signature that does not hold, or by a key that is not trusted, is always refused.
   */
  readonly unsigned?: 'refuse' | 'warn' | undefined
  /** Told of a plugin that was run without a signature. Default: a warning of the process. */
  readonly onUnsigned?: ((warning: LoadError) => void) | undefined
}

const HINT = 'Nothing of it was run.'

export const TRUST: OptionChecks<TrustOptions> = {
  keys: option.required(option.record((value, path) => publicKey(value, path))),
  unsigned: option.oneOf('refuse', 'warn'),
  onUnsigned: option.function,
}

/** Looks at signatures, by the keys that a host trusts. */
export class Trust {
  readonly #keys: ReadonlyMap<string, KeyObject>
  readonly #unsigned: 'refuse' | 'warn'
  readonly #onUnsigned: (warning: LoadError) => void

  /** @throws TypeError for a malformed option, or a key that is no public key of Ed25519. */
  constructor(given: TrustOptions) {
    const { keys, unsigned, onUnsigned } = checkOptions(given, 'trust', TRUST)
    this.#keys = new Map(Object.entries(keys as Record<string, KeyObject>))
    this.#unsigned = unsigned ?? 'refuse'
    this.#onUnsigned = onUnsigned ?? ((warning) => process.emitWarning(warning))
  }

  /**
   * @param file where the package is from, for errors.
   * @param digest of the archive that was read into memory, and is unpacked from there.
   * @throws LoadError `SIGNATURE` where the signature does not hold, or its key is not trusted.
   */
  check(file: string, digest: Digest, { keyId, signature }: PackageSignature): void {
    const key = this.#keys.get(keyId)
    if (key === undefined) {
      throw refused(file, `it is signed with key ${JSON.stringify(keyId)}, which is not trusted`, [
        `Trusted are ${[...this.#keys.keys()].map((id) => JSON.stringify(id)).join(', ') || 'none'}.`,
        'If you trust who signed it, add the public key to trust.keys.',
      ])
    }
    if (verify(null, signedStatement(digest), key, Buffer.from(signature, 'base64'))) return
    throw refused(file, `its signature with key ${JSON.stringify(keyId)} does not hold`, [
      'It was changed after it was signed, or the signature is that of another. Get both anew from who made it.',
    ])
  }

  /** @throws LoadError `SIGNATURE` where what is unsigned is refused. */
  acceptUnsigned(file: string, how: string): void {
    const error = refused(file, `nobody has signed it: ${how}`, [
      "Pack it and sign that with signPackage; or run what is unsigned with trust.unsigned: 'warn'.",
    ])
    if (this.#unsigned === 'refuse') throw error
    this.#onUnsigned(
      new LoadError('SIGNATURE', `it is run unsigned: ${how}`, {
        place: { file },
        hint: "With trust.unsigned: 'refuse' it would not be.",
      }),
    )
  }
}

function publicKey(value: unknown, path: string): KeyObject {
  // Of a private key, the public one would be made.
  if (typeof value === 'string' && value.includes('PRIVATE KEY')) {
    throw new TypeError(`${path}: expected a public key of Ed25519, and got a private one`)
  }
  let key: KeyObject
  try {
    key = value instanceof KeyObject ? value : createPublicKey(value as string)
  } catch (cause) {
    throw new TypeError(`${path}: expected a public key of Ed25519, as PEM or of node:crypto`, { cause })
  }
  if (key.type === 'public' && key.asymmetricKeyType === 'ed25519') return key
  throw new TypeError(`${path}: expected a public key of Ed25519, and got a ${key.type} key of ${keyType(key)}`)
}

function refused(file: string, reason: string, hints: readonly string[]): LoadError {
  return new LoadError('SIGNATURE', reason, { place: { file }, hint: [HINT, ...hints].join(' ') })
}
