import { LoadError } from '../errors.js'

/** How much of a name is in a message, in UTF-16 code units. */
const MAX_NAME = 120

/** What an archive holds, or is, that it must not. */
export function archiveError(file: string, reason: string, hint?: string, cause?: unknown): LoadError {
  return new LoadError('ARCHIVE', reason, {
    place: { file },
    hint: hint ?? 'Nothing of it was written. Pack the plugin with npm pack; if you did not pack it, do not trust it.',
    ...(cause !== undefined && { cause }),
  })
}

/** A name, as messages quote it: names from outside may hold anything. */
export function quoted(name: string): string {
  return JSON.stringify(name.length > MAX_NAME ? `${name.slice(0, MAX_NAME)}…` : name)
}
