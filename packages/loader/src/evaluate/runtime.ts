import { createRequire, isBuiltin } from 'node:module'
import { join } from 'node:path'
import type { SharedModule } from '../shared/shared-module.js'
import { FOR_IMPORT, FOR_REQUIRE } from '../shared/shared-names.js'
import { sourceFile, type SourceFile } from './source-file.js'

/** What the code of a bundle calls. */
export interface Runtime {
  /** A native addon. Its path is relative to the plugin's root. */
  addon(path: string): unknown
  /** The file at that path, relative to the plugin's root. */
  file(path: string): SourceFile
}

/** @param root absolute path of the plugin's folder. */
export function runtimeOf(root: string): Runtime {
  return {
    addon: (path) => requireFrom(root)(join(root, path)) as unknown,
    file: (path) => sourceFile(join(root, path)),
  }
}

/** `require` of a bundle: what is left to it is the host's, is Node's, or is not known before it runs. */
export function requireOf(root: string, shared: ReadonlyMap<string, SharedModule>): NodeJS.Require {
  const native = requireFrom(root)
  const require = (specifier: string): unknown => {
    if (specifier.startsWith(FOR_IMPORT)) return shared.get(specifier.slice(FOR_IMPORT.length))?.imported
    const named = specifier.startsWith(FOR_REQUIRE) ? specifier.slice(FOR_REQUIRE.length) : specifier
    const ours = shared.get(named)
    if (ours !== undefined) return ours.required
    if (isBuiltin(specifier) || specifier.endsWith('.node')) return native(specifier) as unknown
    throw Object.assign(
      new Error(
        `Cannot find module '${specifier}': it is not in the plugin's bundle, as its name is not known before it runs. ` +
          'Write the name out where it is required; or load it with createRequire of node:module, and Node keeps it.',
      ),
      { code: 'MODULE_NOT_FOUND' },
    )
  }
  // A program finds out by `main` whether it was started itself; what is in the cache of Node is not the plugin's.
  return Object.assign(require, native, { main: undefined, cache: Object.create(null) as NodeJS.Dict<NodeJS.Module> })
}

const requireFrom = (root: string): NodeJS.Require => createRequire(join(root, 'package.json'))
