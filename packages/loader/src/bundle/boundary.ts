import { isAbsolute, resolve } from 'node:path'
import type { Metafile } from 'esbuild'
import { LoadError } from '../errors.js'
import { isOutside, type PluginSource } from './plugin-source.js'

/**
 * Refuses a plugin that has files from outside of its folder in its bundle. Paths are real ones, so that a link counts
 * as where it leads. What a plugin imports by the name of a package may be elsewhere, unless it is packed: then all has
 * to be in its folder.
 *
 * @throws LoadError `OUTSIDE`, naming the file that reaches out, and where to.
 */
export function refuseOutside(inputs: Metafile['inputs'], { root, entry, reach }: PluginSource): void {
  if (reach === 'anywhere') return
  const imported = new Set<string>()
  for (const [path, { imports }] of Object.entries(inputs)) {
    const importer = resolve(root, path)
    for (const { path: target, original, external } of imports) {
      if (external === true || !(target in inputs)) continue
      imported.add(target)
      const file = resolve(root, target)
      if (!isOutside(root, file)) continue
      const byName = !(original?.startsWith('.') || isAbsolute(original ?? ''))
      if (reach === 'packages' && (byName || isOutside(root, importer))) continue
      throw outside(importer, `it imports ${JSON.stringify(original ?? target)}, which is ${file}`, root, reach)
    }
  }
  for (const path of Object.keys(inputs)) {
    const file = resolve(root, path)
    if (!imported.has(path) && isOutside(root, file)) throw outside(entry, `it is a link to ${file}`, root, reach)
  }
}

function outside(importer: string, what: string, root: string, reach: 'packages' | 'nothing'): LoadError {
  return new LoadError('OUTSIDE', `${what}: that is outside of the plugin's folder, ${root}`, {
    place: { file: importer },
    hint:
      reach === 'nothing'
        ? 'Pack what it needs with it: list that in bundledDependencies, or bundle the plugin before it is packed.'
        : 'Move the file into the folder, or make a package of it that the plugin depends on.',
  })
}
