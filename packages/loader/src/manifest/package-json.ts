import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describeThrown } from '@uni/reload-core'
import { transformSync } from 'esbuild'
import { buildError, isBuildFailure } from '../build-error.js'
import { LoadError } from '../errors.js'
import { lookAt } from '../look-at.js'
import { isNothingThere } from '../nothing-there.js'

/** What the loader reads of a `package.json`. Nothing of it has been checked. */
export interface PackageJson {
  /** Its absolute path. */
  readonly file: string
  readonly content: {
    readonly name?: unknown
    readonly version?: unknown
    readonly main?: unknown
    readonly exports?: unknown
    readonly uni?: unknown
    readonly dependencies?: unknown
    readonly peerDependencies?: unknown
    readonly peerDependenciesMeta?: unknown
    readonly optionalDependencies?: unknown
  }
}

/**
 * The `package.json` of that folder, if it has one.
 *
 * @throws LoadError `MANIFEST` where it is not JSON, or no object.
 */
export function readPackageJson(folder: string): PackageJson | undefined {
  const file = join(folder, 'package.json')
  // Most folders have none, and an error takes longer than a look.
  const there = lookAt(file)
  if (there === undefined) return undefined
  if (!there.isFile()) throw unreadable(file, 'it is no file')
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    if (isNothingThere(error)) return undefined
    throw unreadable(file, describeThrown(error), error)
  }
  const content = parse(text, file)
  if (typeof content === 'object' && content !== null && !Array.isArray(content)) return { file, content }
  throw new LoadError('MANIFEST', 'it is no JSON object', { place: { file }, hint: 'Correct the file.' })
}

function unreadable(file: string, reason: string, cause?: unknown): LoadError {
  return new LoadError('MANIFEST', `it cannot be read: ${reason}`, {
    place: { file },
    hint: 'Let it be a file that the process may read, or remove it.',
    ...(cause !== undefined && { cause }),
  })
}

function parse(text: string, file: string): unknown {
  try {
    // A mark that editors write before the text, which JSON does not allow.
    return JSON.parse(text.replace(/^\uFEFF/, ''))
  } catch (cause) {
    try {
      // Says where.
      transformSync(text, { loader: 'json', sourcefile: file, logLevel: 'silent' })
    } catch (failure) {
      if (isBuildFailure(failure)) throw buildError(failure, dirname(file), 'MANIFEST')
    }
    throw new LoadError('MANIFEST', 'it is not JSON', { place: { file }, cause, hint: 'Correct the file.' })
  }
}

/** The members of one of its fields that are strings, such as the ranges of `peerDependencies`. */
export function rangesIn(field: unknown): Readonly<Record<string, string>> {
  if (typeof field !== 'object' || field === null) return {}
  return Object.fromEntries(
    Object.entries(field).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  )
}
