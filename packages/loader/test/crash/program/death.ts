import fs from 'node:fs'
import promises, { type FileHandle } from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'

type Call = (...given: unknown[]) => unknown

const CHANGES = ['mkdir', 'rename', 'rm', 'rmdir', 'open', 'writeFile', 'link', 'unlink', 'chmod'] as const
const CHANGES_AT_ONCE = ['mkdirSync', 'rmdirSync'] as const
const CHANGES_OF_HANDLES = ['write', 'writeFile', 'appendFile', 'sync', 'datasync', 'chmod'] as const

/** How many calls that may change files were begun. */
let begun = 0

/** Kills this process before the call of that number that may change a file; never, where it is `undefined`. */
export async function dieBefore(number: number | undefined): Promise<void> {
  const handle = await promises.open(process.execPath)
  count(Object.getPrototypeOf(handle) as FileHandle, CHANGES_OF_HANDLES, number)
  await handle.close()
  count(promises, CHANGES, number)
  count(fs, CHANGES_AT_ONCE, number)
  // What was imported by name is replaced, too.
  syncBuiltinESMExports()
}

export function callsBegun(): number {
  return begun
}

function count<T extends object>(owner: T, names: readonly (keyof T)[], number: number | undefined): void {
  for (const name of names) {
    const call = owner[name] as Call
    const counted: Call = function (this: unknown, ...given) {
      begun += 1
      if (begun === number) process.kill(process.pid, 'SIGKILL')
      return call.apply(this, given)
    }
    owner[name] = counted as T[typeof name]
  }
}
