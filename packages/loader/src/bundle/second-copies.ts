import { dirname, resolve } from 'node:path'
import type { Metafile } from 'esbuild'
import { LoadError } from '../errors.js'
import type { SharedPackages } from '../shared/shared-packages.js'
import type { NearestPackage } from './nearest-package.js'
import { label } from './shared-modules.js'

/**
 * @throws LoadError `SHARED` where a file of a shared package is in the bundle: reached by a path, a link or an alias,
 * and not by the package's name.
 */
export function refuseSecondCopies(
  inputs: Metafile['inputs'],
  folder: string,
  shared: SharedPackages,
  nearest: NearestPackage,
): void {
  for (const path of Object.keys(inputs)) {
    if (path.endsWith('.json')) continue
    const file = resolve(folder, path)
    const found = nearest.of(dirname(file))
    if (found === undefined || !shared.names.has(found.content.name as string)) continue
    const importer = Object.entries(inputs).find(([, { imports }]) => imports.some((one) => one.path === path))
    throw new LoadError(
      'SHARED',
      `a second copy of "${label(found)}" would be bundled, beside the one that the host shares`,
      {
        place: { file: importer === undefined ? file : resolve(folder, importer[0]) },
        hint: `Import it as '${found.content.name as string}', there and in what depends on it.`,
      },
    )
  }
}
