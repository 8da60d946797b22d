import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Bundle } from '../bundle/bundle.js'
import { hexOf, type Digest } from '../digest.js'
import type { RunOptions } from '../load-options.js'
import type { LoadedPlugin } from '../loaded-plugin.js'
import { SharedPackages } from '../shared/shared-packages.js'
import { loadBundle } from './load-bundle.js'

/** Runs bundles as one host wants them run. */
export class BundleRunner {
  readonly packages: SharedPackages
  readonly #sourceMaps: boolean
  readonly #pluginOf: RunOptions['pluginOf']

  /** @param options checked. */
  constructor({ shared = [], from, sourceMaps = true, pluginOf }: RunOptions) {
    this.packages = new SharedPackages(shared, pathOf(from ?? process.argv[1] ?? 'index.js'))
    this.#sourceMaps = sourceMaps
    this.#pluginOf = pluginOf
  }

  /**
   * Evaluates a bundle: each call gives a plugin of its own.
   *
   * @throws LoadError
   */
  async run(bundle: Bundle, digest: Digest): Promise<LoadedPlugin> {
    if (this.#sourceMaps) process.setSourceMapsEnabled(true)
    // No file has that name; two versions have two.
    return await loadBundle(bundle, digest, join(bundle.root, `${hexOf(digest)}.cjs`), this.packages, this.#pluginOf)
  }
}

export function pathOf(path: string | URL): string {
  return path instanceof URL || path.startsWith('file:') ? fileURLToPath(path) : resolve(path)
}
