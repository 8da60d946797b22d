import { isBuiltin } from 'node:module'
import { dirname } from 'node:path'
import { placesOf } from '../bundle/places-of.js'
import type { Sought } from '../bundle/sought.js'
import { mappedPaths } from '../bundle/tsconfig.js'

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
