import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Bundle } from './bundle/bundle.js'
import { bundlePlugin } from './bundle/bundle-plugin.js'
import { findSource } from './bundle/plugin-source.js'
import { hexOf, type Digest } from './digest.js'
import { loadBundle } from './evaluate/load-bundle.js'
import type { LoadOptions } from './load-options.js'
import type { LoadedPlugin } from './loaded-plugin.js'
import { SharedPackages } from './shared/shared-packages.js'

/** Loads the plugin at one path, as often as it is asked to. */
export class PluginLoader {
  /** Absolute, as it was given: it may be one of links. */
  readonly path: string
  readonly #packages: SharedPackages
  readonly #sourceMaps: boolean

  /** @param options checked. */
  constructor(path: string | URL, { shared = [], from, sourceMaps = true }: LoadOptions) {
    this.path = pathOf(path)
    this.#packages = new SharedPackages(shared, pathOf(from ?? process.argv[1] ?? 'index.js'))
    this.#sourceMaps = sourceMaps
  }

  /** @throws LoadError */
  async bundle(): Promise<Bundle> {
    return await bundlePlugin(findSource(this.path), this.#packages)
  }

  /**
   * Evaluates a bundle: each call gives a plugin of its own.
   *
   * @throws LoadError
   */
  async load(bundle: Bundle, digest: Digest): Promise<LoadedPlugin> {
    if (this.#sourceMaps) process.setSourceMapsEnabled(true)
    // No file has that name; two versions have two.
    return await loadBundle(bundle, digest, join(bundle.root, `${hexOf(digest)}.cjs`), this.#packages)
  }
}

function pathOf(path: string | URL): string {
  return path instanceof URL || path.startsWith('file:') ? fileURLToPath(path) : resolve(path)
}
