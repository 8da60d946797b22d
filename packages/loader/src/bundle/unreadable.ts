import { closeSync, constants, openSync, type Stats } from 'node:fs'
import { LoadError } from '../errors.js'
import { lookAt } from '../look-at.js'

/** A larger file would be in memory several times, in a process that serves. */
const MOST_MIB = 64

/** What a file is that esbuild would wait for, or read without end, in words; `undefined` of all others. */
export function whyUnreadable(path: string): string | undefined {
  const there = lookAt(path)
  // Of what is not there, and of folders, esbuild says so.
  if (there === undefined || there.isDirectory()) return undefined
  if (!there.isFile()) return `it is ${sortOf(there)}, and no file`
  if (/^\/(?:proc|sys)\//.test(path)) return 'it is what the system says of itself, and no file'
  const mib = Math.ceil(there.size / 2 ** 20)
  return mib > MOST_MIB ? `it has ${mib} MiB, and a file that is bundled has ${MOST_MIB} at most` : undefined
}

/** @throws LoadError `BUNDLE` before esbuild reads it. */
export function refuseUnreadable(path: string): void {
  const why = whyUnreadable(path)
  if (why === undefined) return
  throw new LoadError('BUNDLE', why, {
    place: { file: path },
    hint: 'Let the plugin read it while it runs, from import.meta.dirname; or remove it, or what leads to it.',
  })
}

function sortOf(there: Stats): string {
  if (there.isFIFO()) return 'a named pipe'
  return there.isSocket() ? 'a socket' : 'a device'
}

/**
 * Whoever waits for a named pipe to be written to finds that it has ended: else a build that waits would never be over,
 * and would keep this process from ending. Of anything else, nobody waits for ever.
 */
export function endReadersOf(path: string): void {
  if (lookAt(path)?.isFIFO() !== true) return
  try {
    closeSync(openSync(path, constants.O_WRONLY | constants.O_NONBLOCK))
  } catch {
    // Nobody waits.
  }
}
