import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import type { BuildFailure, Location, Message } from 'esbuild'
import { codeFrame } from './code-frame.js'
import { isFile } from './look-at.js'
import { LoadError, type LoadErrorCode, type LoadErrorInit } from './errors.js'

export function isBuildFailure(error: unknown): error is BuildFailure {
  return error instanceof Error && 'errors' in error && Array.isArray(error.errors)
}

/** Of a `tsconfig.json`, of which esbuild only warns: all that the base says would be left out. */
const MISSING_BASE = /^Cannot find base config file /

export function isMissingBase({ text }: Message): boolean {
  return MISSING_BASE.test(text)
}

/** What esbuild says, and what to do about it. Its version is pinned, and a test has each of them said. */
const KINDS: readonly (readonly [pattern: RegExp, code: LoadErrorCode, hint: string])[] = [
  [
    /^Could not resolve "[^"]*\*/,
    'MISSING_MODULE',
    'Correct the path, or rename the file: esbuild takes an asterisk for part of a pattern.',
  ],
  [MISSING_BASE, 'MISSING_MODULE', 'Install the package, or correct the path in extends.'],
  [/^Could not resolve /, 'MISSING_MODULE', 'Install the package, or correct the path.'],
  [/^No matching export in /, 'MISSING_EXPORT', 'Import a name that it exports.'],
  [
    /^Top-level await /,
    'TOP_LEVEL_AWAIT',
    'Await inside init() of the plugin: a plugin is evaluated in one turn, so that a load that fails leaves nothing.',
  ],
  [
    /^No loader is configured /,
    'BUNDLE',
    "Import it with { type: 'text' } or { type: 'bytes' }, or read it from import.meta.dirname.",
  ],
]

/**
 * The first thing that esbuild found wrong.
 *
 * @param folder that its paths are relative to.
 * @param otherwise the code of what has a place and is of no other kind.
 */
export function buildError(failure: BuildFailure, folder: string, otherwise: LoadErrorCode = 'SYNTAX'): LoadError {
  const [message] = failure.errors
  if (message === undefined) return new LoadError('BUNDLE', failure.message, { cause: failure })
  // Thrown by a plugin of ours.
  if (LoadError.is(message.detail)) return message.detail
  const { text, location } = message
  const [, code, hint] = KINDS.find(([pattern]) => pattern.test(text)) ?? [
    undefined,
    location === null ? 'BUNDLE' : otherwise,
    'Correct the file.',
  ]
  return new LoadError(code, [text, ...notesOf(message)].join('. ').replace(OURS, 'the $1 of the host'), {
    ...(location && placeAndFrame(location, folder)),
    hint,
    cause: failure,
  })
}

/** Our own module for a shared package means nothing to a reader. */
const OURS = /"uni-shared:([^"]*)"/g

/** But for advice on options of esbuild, which are not the reader's. */
function notesOf({ notes }: Message): string[] {
  return notes
    .map(({ text }) => text.replace(/[.:\s]+$/, ''))
    .filter((text) => !text.startsWith('You can mark the path'))
}

function placeAndFrame(location: Location, folder: string): Pick<LoadErrorInit, 'place' | 'frame'> {
  const file = resolve(folder, location.file)
  const { line, lineText } = location
  // From 1 and in UTF-16 code units; esbuild counts bytes from 0.
  const text = (from: number, to: number): string => Buffer.from(lineText).subarray(from, to).toString()
  const column = text(0, location.column).length + 1
  const length = text(location.column, location.column + location.length).length
  return { place: { file, line, column }, frame: codeFrame(sourceAround(file, location), line, column, length) }
}

/** The file, or that line alone where the file has changed since. */
function sourceAround(file: string, { line, lineText }: Location): string {
  try {
    const text = isFile(file) ? readFileSync(file, 'utf8') : ''
    if (text.split(/\r\n|[\n\r]/)[line - 1] === lineText) return text
  } catch {
    // It is of no file, or that is gone.
  }
  return '\n'.repeat(line - 1) + lineText
}
