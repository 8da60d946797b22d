import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/**
 * A source file of a plugin, such as `distance/v1.ts`, whether this runs from its source or from what was built of it.
 */
export function sourceOf(path: string): string {
  let folder = dirname(fileURLToPath(import.meta.url))
  while (!existsSync(join(folder, 'src/plugins', path))) {
    if (folder === dirname(folder)) throw new Error(`src/plugins/${path} is not above ${import.meta.url}`)
    folder = dirname(folder)
  }
  return join(folder, 'src/plugins', path)
}
