import { dirname, join, sep } from 'node:path'
import { ancestorsOf } from '../ancestors.js'
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
 * Finds the files that configure a plugin. Those of its folder are read from the beginning on, while the plugin is
 * bundled, as they are those of nearly all its sources.
 */
export class ConfigurationSearch {
  readonly #root: string
  readonly #files = new Set<string>()
  readonly #absent = new Set<string>()
  readonly #tsconfigs = new Map<string, string | undefined>()
  readonly #read = new Map<string, Promise<Tsconfig>>()

  /** @param root absolute path of the plugin's folder. */
  constructor(root: string) {
    this.#root = root
    this.#readNearest(root)
  }

  /**
   * @param folders absolute paths of those that sources are in.
   * @param nearest has found the packages of these.
   */
  async of(folders: Iterable<string>, nearest: NearestPackage): Promise<Configuration> {
    for (const folder of new Set([this.#root, ...folders])) {
      nearest.of(folder)
      this.#readNearest(folder)
    }
    const read = new Map((await Promise.all(this.#read.values())).map((tsconfig) => [tsconfig.file, tsconfig]))
    for (const folder of nearest.lookedIn) this.#isThere(join(folder, 'package.json'))
    for (const above of ancestorsOf(this.#root)) for (const name of PLUG_AND_PLAY) this.#isThere(join(above, name))
    for (const { bases } of read.values()) for (const base of bases) this.#files.add(base)
    return {
      files: this.#files,
      absent: this.#absent,
      tsconfigOf: (folder) => read.get(this.#nearestTsconfig(folder) ?? ''),
    }
  }

  #readNearest(folder: string): void {
    const file = this.#nearestTsconfig(folder)
    if (file !== undefined && !this.#read.has(file)) this.#read.set(file, readTsconfig(file))
  }

  #nearestTsconfig(folder: string): string | undefined {
    if (this.#tsconfigs.has(folder)) return this.#tsconfigs.get(folder)
    // What is installed was compiled already.
    if (folder.split(sep).includes('node_modules')) return undefined
    const own = TSCONFIG.map((name) => join(folder, name)).find((path) => this.#isThere(path))
    const found = own ?? (dirname(folder) === folder ? undefined : this.#nearestTsconfig(dirname(folder)))
    this.#tsconfigs.set(folder, found)
    return found
  }

  #isThere(path: string): boolean {
    const found = isFile(path)
    ;(found ? this.#files : this.#absent).add(path)
    return found
  }
}
