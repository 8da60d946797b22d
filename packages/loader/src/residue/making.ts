import { findSourceMap } from 'node:module'
import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'

/** What code of a plugin has made: whose code, when, and by which calls. */
export interface Making {
  /** The file name of the bundle. */
  readonly bundle: string
  /** Counts all that was made in this process. */
  readonly number: number
  readonly stack: string
}

const BUNDLE = /^[\da-f]{64}\.cjs$/
/** Deep enough for a library that a plugin has called to call others. */
const FRAMES = 50

let made = 0

/** The number that what is made next has at least. */
export function nextMaking(): number {
  return made
}

/**
 * What is being made right now, where code of a plugin is among the calls: its bundle has a file name like no other.
 *
 * @param hidden the function that asks: neither it nor what it has called is among the calls.
 */
export function makingOf(hidden: (...args: never[]) => unknown): Making | undefined {
  const frames = framesOf(hidden)
  const innermost = frames.find(isOfBundle)
  if (innermost === undefined) return undefined
  made += 1
  // From there on it is the host that has called.
  const own = frames.slice(0, frames.findLastIndex(isOfBundle) + 1)
  const stack = own.filter((frame) => !fileOf(frame).startsWith('node:')).map(lineOf)
  return { bundle: basename(fileOf(innermost)), number: made, stack: stack.join('\n') }
}

function framesOf(hidden: (...args: never[]) => unknown): readonly NodeJS.CallSite[] {
  const { prepareStackTrace, stackTraceLimit } = Error
  Error.prepareStackTrace = (_, frames) => frames
  Error.stackTraceLimit = FRAMES
  try {
    const made: { readonly stack?: readonly NodeJS.CallSite[] } = {}
    Error.captureStackTrace(made, hidden)
    return made.stack ?? []
  } finally {
    Error.prepareStackTrace = prepareStackTrace
    Error.stackTraceLimit = stackTraceLimit
  }
}

function fileOf(frame: NodeJS.CallSite): string {
  return frame.getFileName() ?? ''
}

function isOfBundle(frame: NodeJS.CallSite): boolean {
  return BUNDLE.test(basename(fileOf(frame)))
}

/** As Node writes a frame, at its place in the source. */
function lineOf(frame: NodeJS.CallSite): string {
  const name = frame.getFunctionName()
  const place = placeOf(fileOf(frame), frame.getLineNumber() ?? 1, frame.getColumnNumber() ?? 1)
  return `    at ${name === null ? place : `${name} (${place})`}`
}

function placeOf(file: string, line: number, column: number): string {
  const entry = findSourceMap(file)?.findEntry(line - 1, column - 1)
  if (entry === undefined || !('originalSource' in entry)) return `${file}:${line}:${column}`
  const { originalSource: source, originalLine, originalColumn } = entry
  const path = source.startsWith('file:') ? fileURLToPath(source) : source
  return `${path}:${originalLine + 1}:${originalColumn + 1}`
}
