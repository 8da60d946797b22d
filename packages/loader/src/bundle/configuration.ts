import { dirname, join, sep } from 'node:path'
import { isFile } from '../look-at.js'
import type { NearestPackage } from './nearest-package.js'
import { readTsconfig, type Tsconfig } from './tsconfig.js'

/** The files that say how sources are read, and what imports lead to. */
export interface Configuration {
  /** Those that are there, and what they extend: absolute paths. */
  readonly files: ReadonlySet<string>
  /** Absolute paths at which there is none, and one would count. */
  readonly absent: ReadonlySet<string>
  /** The `tsconfig.json` for sources in that folder. */
  readonly tsconfigOf: (folder: string) => Tsconfig | undefined
}

/** By esbuild, the first of them that is there. */
const TSCONFIG = ['tsconfig.json', 'jsconfig.json']
/** Where Yarn says what packages there are, without a folder of them (https://yarnpkg.com/features/pnp). */
const PLUG_AND_PLAY = ['.pnp.data.json', '.pnp.cjs', '.pnp.js']

/**
 * @param root absolute path of the plugin's folder.
 * @param folders absolute paths of those that sources are in.
 * @param nearest has found the packages of these.
 */
export async function configurationOf(
  root: string,
  folders: Iterable<string>,
  nearest: NearestPackage,
): Promise<Configuration> {
  const files = new Set<string>()
  const absent = new Set<string>()
  const isThere = (path: string): boolean => {
    const found = isFile(path)
    ;(found ? files : absent).add(path)
    return found
  }
  const tsconfigs = new Map<string, string | undefined>()
  const nearestTsconfig = (folder: string): string | undefined => {
    if (tsconfigs.has(folder)) return tsconfigs.get(folder)
    // What is installed was compiled already.
    if (folder.split(sep).includes('node_modules')) return undefined
    const own = TSCONFIG.map((name) => join(folder, name)).find(isThere)
    const found = own ?? (dirname(folder) === folder ? undefined : nearestTsconfig(dirname(folder)))
    tsconfigs.set(folder, found)
    return found
  }
  const read = new Map<string, Tsconfig>()
  for (const folder of new Set([root, ...folders])) {
    nearest.of(folder)
    const file = nearestTsconfig(folder)
    if (file !== undefined && !read.has(file)) read.set(file, await readTsconfig(file))
  }
  for (const folder of nearest.lookedIn) isThere(join(folder, 'package.json'))
  for (let at = root; ; at = dirname(at)) {
    for (const name of PLUG_AND_PLAY) isThere(join(at, name))
    if (dirname(at) === at) break
  }
  for (const { bases } of read.values()) for (const base of bases) files.add(base)
  return { files, absent, tsconfigOf: (folder) => read.get(nearestTsconfig(folder) ?? '') }
}
