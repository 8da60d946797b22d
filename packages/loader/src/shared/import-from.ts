import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { compileModule } from '../compile/compile-module.js'
import { resolveImport } from './resolve-import.js'

/**
 * What `import(specifier)` gives in that file: the same module, under the same conditions and loaders.
 *
 * @param from absolute path of a file, which need not exist.
 */
export function importFrom(from: string): (specifier: string) => Promise<object> {
  const code = 'module.exports = (specifier) => import(specifier)'
  return compileModule(code, from) as (specifier: string) => Promise<object>
}

/**
 * What `import(specifier)` in that file gives, at once: the same module, and not the one that `require` would find
 * under its own conditions.
 *
 * @param from absolute path or URL of a file, which need not exist.
 * @throws where the module awaits at its top level.
 */
export function requireAsImported(from: string, specifier: string): object {
  const url = from.startsWith('file:') ? from : pathToFileURL(from).href
  return createRequire(url)(fileURLToPath(resolveImport(specifier, url))) as object
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
