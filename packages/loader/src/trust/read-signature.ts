import { readFile } from 'node:fs/promises'
import { isMissing } from '@uni/reload-core/node'
import { LoadError } from '../errors.js'
import { lookAt } from '../look-at.js'
import { isPackageSignature, type PackageSignature } from './signature.js'

/** No signature is that long. */
const LONGEST = 64 * 1024

/** The path at which the signature of an archive lies. */
export function signatureOf(archive: string): string {
  return `${archive}.sig`
}

/**
 * The signature that lies beside an archive; `undefined` where there is none.
 *
 * @throws LoadError `SIGNATURE` where something else lies there.
 */
export async function readSignature(archive: string): Promise<PackageSignature | undefined> {
  const file = signatureOf(archive)
  const there = lookAt(file)
  if (there?.isFile() === false) throw malformed(file)
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (cause) {
    if (isMissing(cause)) return undefined
    throw malformed(file, cause)
  }
  try {
    const signature: unknown = JSON.parse(text.slice(0, LONGEST))
    if (isPackageSignature(signature)) return { keyId: signature.keyId, signature: signature.signature }
  } catch (cause) {
    throw malformed(file, cause)
  }
  throw malformed(file)
}

function malformed(file: string, cause?: unknown): LoadError {
  return new LoadError('SIGNATURE', 'this is no signature that can be read', {
    place: { file },
    hint: 'Nothing of it was run. Write there, as JSON, what signPackage gave: { "keyId", "signature" }.',
    ...(cause !== undefined && { cause }),
  })
}
