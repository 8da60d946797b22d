import { describeThrown } from '@uni/reload-core'
import { errnoOf, isMissing } from '@uni/reload-core/node'
import { LoadError } from '../errors.js'

/** What was being done with a store when the file system refused it. */
export function storeError(doing: string, cause: unknown, plugin?: string): LoadError {
  if (LoadError.is(cause)) return cause
  return new LoadError('STORE', `${doing}: ${describeThrown(cause)}`, {
    ...(plugin !== undefined && { plugin }),
    hint: remedyOf(cause),
    cause,
  })
}

function remedyOf(error: unknown): string {
  switch (errnoOf(error)) {
    case 'ENOSPC':
    case 'EDQUOT':
      return 'Make room on the disk, then try again: nothing was changed.'
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return 'Give the process leave to write to the folder of the store; or start what is in it with ReadOnlyStore.open.'
    case 'ENOENT':
      return 'Something of the store was removed while it was open: open it anew, and load what is missing from its source.'
    case 'ENOTDIR':
    case 'EEXIST':
      return 'Name a folder, or one that does not exist yet, in a folder that exists.'
    default:
      return 'Mend the disk, then try again: nothing was changed.'
  }
}

/** What a promise gives, or `undefined` where the file is not there. */
export async function unlessMissing<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work
  } catch (error) {
    if (isMissing(error)) return undefined
    throw error
  }
}
