import { isPacked, openPackage, type OpenedPackage } from './archive/open-package.js'
import { bundlePlugin, type BuiltPlugin } from './bundle/bundle-plugin.js'
import { findSource } from './bundle/plugin-source.js'
import type { Digest } from './digest.js'
import { LoadError } from './errors.js'
import { BundleRunner, pathOf } from './evaluate/bundle-runner.js'
import { checkPath, type LoadOptions } from './load-options.js'
import type { LoadedPlugin } from './loaded-plugin.js'
import { storeBundle } from './stored-bundle.js'
import { checkIntegrity } from './trust/integrity.js'
import { Trust } from './trust/trust.js'

/**
 * A bundle, and the package that it was built from, where the plugin is packed: the package stays in the store until
 * whoever has the bundle lets go of it, and then as long as a version that was loaded from it.
 */
export interface BuiltBundle extends BuiltPlugin {
  readonly opened?: OpenedPackage
}

/** Loads the plugin at one path, as often as it is asked to. */
export class PluginLoader {
  /** Absolute, as it was given: it may be one of links. */
  readonly path: string
  readonly #options: LoadOptions
  readonly #trust: Trust | undefined
  readonly #runner: BundleRunner

  /** @param options checked. */
  constructor(path: string | URL, options: LoadOptions) {
    this.path = pathOf(checkPath(path, 'path of a plugin'))
    this.#options = options
    this.#trust = options.trust && new Trust(options.trust)
    this.#runner = new BundleRunner(options)
  }

  /** @throws LoadError. What it gives is to be let go of: see {@link BuiltBundle}. */
  async bundle(): Promise<BuiltBundle> {
    if (isPacked(this.path)) return await this.#bundlePacked()
    this.#trust?.acceptUnsigned(this.path, 'it is not packed, and packages alone are signed')
    return await bundlePlugin(findSource(this.path), this.#runner.packages)
  }

  /**
   * Evaluates a bundle, and puts it into the store: each call gives a plugin of its own.
   *
   * @throws LoadError
   */
  async load({ bundle, opened }: BuiltBundle, digest: Digest): Promise<LoadedPlugin> {
    const { integrity, store } = this.#options
    if (opened === undefined && integrity !== undefined) checkIntegrity(this.path, Buffer.from(bundle.code), integrity)
    const loaded = await this.#runner.run(bundle, digest)
    return store === undefined ? loaded : await storeBundle(store, loaded, bundle, opened)
  }

  async #bundlePacked(): Promise<BuiltBundle> {
    const { store, integrity, limits } = this.#options
    if (store === undefined) {
      throw new LoadError('STORE', 'a packed plugin is unpacked into a store, and there is none', {
        place: { file: this.path },
        hint: "Give the option store: await PluginStore.open('data/plugins', { journal }).",
      })
    }
    const opened = await openPackage(this.path, store, { integrity, trust: this.#trust, limits })
    try {
      const source = { ...findSource(opened.folder), reach: 'nothing' as const }
      return { ...(await bundlePlugin(source, this.#runner.packages)), opened }
    } catch (error) {
      await opened.hold.letGo()
      throw error
    }
  }
}
