import { basename, dirname } from 'node:path'

/**
 * A path and every folder above it, innermost first.
 *
 * @param path absolute.
 */
export function ancestorsOf(path: string): string[] {
  const ancestors = [path]
  for (let at = path; basename(at) !== ''; at = dirname(at)) ancestors.push(dirname(at))
  return ancestors
}
