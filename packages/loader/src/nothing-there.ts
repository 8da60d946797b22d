import { errnoOf } from '@uni/reload-core/node'

/** Whether nothing is at a path: it is missing, as a folder above it may be, or one of those is a file. */
export function isNothingThere(error: unknown): boolean {
  const code = errnoOf(error)
  return code === 'ENOENT' || code === 'ENOTDIR'
}
