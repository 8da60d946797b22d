import type { Context, Plugin as CordisPlugin, Spread } from 'cordis'
import type { Plugin, Registrar } from '@uni/reload-core'
import { service } from '@uni/reload-core/surfaces'
import { cordisVersion, type CordisVersion } from './cordis-version.js'
import { started } from './started.js'
import { versionContext } from './version-context.js'

export interface CordisPluginOptions<T> {
  readonly id: string
  /** A semantic version. */
  readonly version: string
  /** The services that the plugin sets, as `cordis.service.implements` of its `package.json` lists them. */
  readonly implements?: readonly string[]
  /**
   * Gives the plugin as it was written for cordis, another object for each version: a function, a class, or an object
   * with `apply`. What has to outlive the version is opened by `registrar`.
   */
  plugin(registrar: Registrar): CordisPlugin<Context, T>
  readonly config?: T
}

/** A cordis plugin as one that `cordisHost` replaces, with its services, listeners, and whatever else its scope holds. */
export function cordisPlugin<T = undefined>(root: Context, options: CordisPluginOptions<T>): Plugin {
  const { id, version, implements: names = [], config } = options
  const serving: CordisVersion = { id, implements: names }
  const ctx = versionContext(root, serving, names)
  let plugin: CordisPlugin<Context, T>
  return {
    manifest: { id, version },
    register(registrar) {
      plugin = options.plugin(registrar)
      registrar.provide(cordisVersion, serving)
      for (const name of names)
        registrar.provide(service, {
          name,
          get service() {
            return ctx.get(name) as object
          },
        })
    },
    async init({ onDispose }) {
      // Cordis overloads by how a plugin is written, and tells at run time.
      const written = plugin as CordisPlugin.Function<Context, T>
      if (root.registry.has(written))
        throw new Error('this plugin is in cordis already: give each version another object')
      const fork = await started(ctx, () => ctx.plugin(written, ...([config] as Spread<T>)))
      onDispose(() => {
        fork.dispose()
      })
      const unset = names.filter((name) => ctx.get(name) === undefined)
      if (unset.length > 0) throw new Error(`it did not set ${unset.join(', ')}, which it is said to implement`)
    },
  }
}
