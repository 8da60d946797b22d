import { isBuiltin } from 'node:module'
import { basename, delimiter, dirname, join, resolve } from 'node:path'
import { ancestorsOf } from '../ancestors.js'
import type { Sought } from '../bundle/sought.js'
import { mappedPaths } from '../bundle/tsconfig.js'
import { packageNameOf } from '../shared/package-name.js'

/**
 * All places at which esbuild looks for what is imported: absolute paths, of a file with or without extension, or a
 * folder.
 */
export function placesSought({ imports, configuration }: Sought): ReadonlySet<string> {
  const places = new Set<string>()
  for (const [folder, specifiers] of imports) {
    const inFiles = [...specifiers].filter((specifier) => !/^[a-z]{2,}:/i.test(specifier) && !isBuiltin(specifier))
    if (inFiles.length === 0) continue
    const tsconfig = configuration.tsconfigOf(folder)
    for (const specifier of inFiles) {
      for (const place of placesOf(specifier, folder)) places.add(place)
      for (const place of tsconfig === undefined ? [] : mappedPaths(tsconfig, specifier)) places.add(place)
    }
    for (const { by, specifier } of tsconfig?.extended ?? [])
      for (const place of placesOf(specifier, dirname(by))) places.add(place)
  }
  return places
}

/** Where what is imported from a folder may be. */
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
