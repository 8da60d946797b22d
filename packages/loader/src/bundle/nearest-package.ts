import { dirname } from 'node:path'
import { readPackageJson, type PackageJson } from '../manifest/package-json.js'

/** Finds the package that a file belongs to, reading each folder once. */
export class NearestPackage {
  readonly #found = new Map<string, PackageJson | undefined>()

  /** The folders in which a `package.json` was looked for. */
  get lookedIn(): Iterable<string> {
    return this.#found.keys()
  }

  /**
   * @returns the closest `package.json` above that has a name: folders of builds have some that say their `type` alone.
   */
  of(folder: string): PackageJson | undefined {
    if (this.#found.has(folder)) return this.#found.get(folder)
    const own = readPackageJson(folder)
    const parent = dirname(folder)
    const found = typeof own?.content.name === 'string' ? own : parent === folder ? undefined : this.of(parent)
    this.#found.set(folder, found)
    return found
  }
}
