import { dirname, resolve } from 'node:path'
import type { Metafile } from 'esbuild'
import type { Configuration } from './configuration.js'
import { isShared } from './shared-modules.js'

/** What a build has looked for in the file system. What comes there may change what an import leads to. */
export interface Sought {
  /** Specifiers of imports, by the absolute path of the folder that they are in. */
  readonly imports: ReadonlyMap<string, ReadonlySet<string>>
  /** Absolute patterns of names, in which an asterisk stands for part of a name, and two of them for folders. */
  readonly patterns: ReadonlySet<string>
  readonly configuration: Configuration
}

/** @param root absolute path of the folder that the build's paths are relative to. */
export function soughtBy(inputs: Metafile['inputs'], root: string, configuration: Configuration): Sought {
  const found = new Map<string, Set<string>>()
  const patterns = new Set<string>()
  for (const [path, { imports }] of Object.entries(inputs)) {
    const folder = dirname(resolve(root, path))
    for (const { path: target, original, external } of imports) {
      if (original !== undefined && external !== true && !isShared(target)) noteImport(found, folder, original)
      else if (external === true && target.startsWith('.') && target.includes('*'))
        patterns.add(resolve(folder, target))
    }
  }
  return { imports: found, patterns, configuration }
}

/** @param folder absolute path of the one that the import is in. */
export function noteImport(imports: Map<string, Set<string>>, folder: string, specifier: string): void {
  const there = imports.get(folder)
  if (there === undefined) imports.set(folder, new Set([specifier]))
  else there.add(specifier)
}
