import { basename, delimiter, join, resolve } from 'node:path'
import { ancestorsOf } from '../ancestors.js'
import { packageNameOf } from '../shared/package-name.js'

/** Where what is imported from a folder may be: absolute paths, of a file with or without extension, or a folder. */
export function placesOf(specifier: string, folder: string): readonly string[] {
  if (/^\.{0,2}\//.test(specifier) || specifier === '.' || specifier === '..') return [resolve(folder, specifier)]
  // The package.json that it is of says where.
  if (specifier.startsWith('#')) return []
  const places = new Set<string>()
  const add = (packages: string): void => {
    places.add(join(packages, packageNameOf(specifier)))
    places.add(join(packages, specifier))
  }
  for (const packages of (process.env['NODE_PATH'] ?? '').split(delimiter)) if (packages !== '') add(packages)
  for (const above of ancestorsOf(folder)) if (basename(above) !== 'node_modules') add(join(above, 'node_modules'))
  return [...places]
}
