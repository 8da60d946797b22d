import { dirname, resolve } from 'node:path'
import type { BuildFailure } from 'esbuild'
import { isBuildFailure } from '../build-error.js'
import { LoadError } from '../errors.js'
import { placesOf } from '../bundle/places-of.js'

/** What a load that failed says of files, by absolute path. */
export interface SaidOfFiles {
  /** Those that are wrong. */
  readonly files: readonly string[]
  /** What was imported and is not there. */
  readonly awaited: readonly string[]
}

const UNRESOLVED = /^(?:Could not resolve|Cannot find base config file) "(.*)"/
const UNREADABLE = /^Could not read from file: (.*)/

/** @param root absolute path of the plugin's folder, which the errors of its build are relative to. */
export function saidOfFiles(error: unknown, root: string): SaidOfFiles {
  const files: string[] = []
  const awaited: string[] = []
  if (LoadError.is(error) && error.file !== undefined) (error.code === 'NOT_FOUND' ? awaited : files).push(error.file)
  for (const { text, location } of buildErrorsOf(error)) {
    const file = location === null ? undefined : resolve(root, location.file)
    if (file !== undefined) files.push(file)
    const imported = UNRESOLVED.exec(text)?.[1]
    if (imported !== undefined && file !== undefined) awaited.push(...placesOf(imported, dirname(file)))
    const unreadable = UNREADABLE.exec(text)?.[1]
    if (unreadable !== undefined) awaited.push(resolve(root, unreadable))
  }
  return { files, awaited }
}

/** Whether a file that is not there explains the failure: it may be away for a moment only. */
export function isOfAbsence(error: unknown): boolean {
  if (LoadError.is(error) && (error.code === 'NOT_FOUND' || error.code === 'MISSING_MODULE')) return true
  return buildErrorsOf(error).some(({ text }) => UNREADABLE.test(text))
}

function buildErrorsOf(error: unknown): BuildFailure['errors'] {
  const cause = error instanceof Error ? error.cause : undefined
  return isBuildFailure(cause) ? cause.errors : []
}
