import { createRequire, isBuiltin } from 'node:module'
import { join } from 'node:path'
import { packageNameOf } from '../shared/package-name.js'
import { FOR_ADDON, FOR_IMPORT, FOR_REQUIRE } from '../shared/shared-names.js'
import type { SharedModule } from '../shared/shared-module.js'
import type { SharedPackages } from '../shared/shared-packages.js'
import { sourceFile, type SourceFile } from './source-file.js'

/** What the code of a bundle calls. */
export interface Runtime {
  /** The file at that path, relative to the plugin's root. */
  file(path: string): SourceFile
}

/** What of the host's a plugin gets. */
export interface HostModules {
  /** Those that its code names, loaded before it runs, by what they are imported as. */
  readonly named: ReadonlyMap<string, SharedModule>
  /** Where all others are from, which it asks for by a name that it computes. */
  readonly packages: Pick<SharedPackages, 'names' | 'load' | 'loadNow'>
}

/** @param root absolute path of the plugin's folder. */
export function runtimeOf(root: string, { packages }: HostModules): Runtime {
  return {
    file: (path) => sourceFile(join(root, path), (specifier, filename) => importFor(specifier, filename, packages)),
  }
}

/** `require` of a bundle: what is left to it is the host's, is Node's, or is not known before it runs. */
export function requireOf(root: string, { named, packages }: HostModules): NodeJS.Require {
  const native = createRequire(join(root, 'package.json'))
  const require = (specifier: string): unknown => {
    const imported = specifier.startsWith(FOR_IMPORT) ? named.get(specifier.slice(FOR_IMPORT.length)) : undefined
    if (imported !== undefined) return imported.imported
    if (specifier.startsWith(FOR_ADDON)) return native(join(root, specifier.slice(FOR_ADDON.length))) as unknown
    const module = specifier.startsWith(FOR_REQUIRE) ? specifier.slice(FOR_REQUIRE.length) : specifier
    const ours = named.get(module)
    if (ours !== undefined) return ours.required
    if (packages.names.has(packageNameOf(module))) return packages.loadNow(module).required
    if (isOfNode(specifier) || specifier.endsWith('.node')) return native(specifier) as unknown
    throw notInBundle(`Cannot find module '${specifier}'`, 'required', 'MODULE_NOT_FOUND')
  }
  // A program finds out by `main` whether it was started itself; what is in the cache of Node is not the plugin's.
  return Object.assign(require, native, { main: undefined, cache: Object.create(null) as NodeJS.Dict<NodeJS.Module> })
}

/** What an import whose name is computed gives. */
async function importFor(specifier: unknown, filename: string, packages: HostModules['packages']): Promise<object> {
  const name = String(specifier)
  if (isOfNode(name)) return (await import(name)) as object
  if (packages.names.has(packageNameOf(name))) return (await packages.load(name)).namespace
  if (name.endsWith('.node')) return addon(createRequire(filename)(name))
  throw notInBundle(`Cannot find module '${name}' imported from ${filename}`, 'imported', 'ERR_MODULE_NOT_FOUND')
}

/** With the prefix, also what this Node does not have: it says so. */
function isOfNode(specifier: string): boolean {
  return isBuiltin(specifier) || specifier.startsWith('node:')
}

function addon(exports: unknown): object {
  return { __proto__: null, ...(exports as object), default: exports }
}

function notInBundle(what: string, how: 'required' | 'imported', code: string): Error {
  const reason = "it is not in the plugin's bundle, as its name is not known before it runs"
  const hint =
    `Write the name out where it is ${how}; or load it with createRequire of node:module: then Node keeps it, ` +
    'and what it imports is not what the host shares.'
  return Object.assign(new Error(`${what}: ${reason}. ${hint}`), { code })
}
