import { readFileSync } from 'node:fs'
import { isMissing } from '@uni/reload-core/node'

/**
 * A file of the store, or `undefined` where it is not there. Code is compiled at once where it is read: each of the
 * steps of an asynchronous read would take longer than the whole of this one.
 */
export function readIfThere(file: string): Buffer | undefined {
  try {
    return readFileSync(file)
  } catch (error) {
    if (isMissing(error)) return undefined
    throw error
  }
}
