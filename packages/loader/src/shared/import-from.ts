import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { compileModule } from '../compile/compile-module.js'

/**
 * What `import(specifier)` gives in that file: the same module, under the same conditions and loaders.
 *
 * @param from absolute path of a file, which need not exist.
 */
export function importFrom(from: string): (specifier: string) => Promise<object> {
  const code = 'module.exports = (specifier) => import(specifier)'
  return compileModule(code, from) as (specifier: string) => Promise<object>
}

/** The version of the package of that name that an import in that file finds. */
export function versionFrom(from: string, name: string): string | undefined {
  for (const folder of createRequire(from).resolve.paths(name) ?? []) {
    try {
      const { version } = JSON.parse(readFileSync(join(folder, name, 'package.json'), 'utf8')) as { version?: unknown }
      return typeof version === 'string' ? version : undefined
    } catch {
      // It is in a folder further up.
    }
  }
  return undefined
}
