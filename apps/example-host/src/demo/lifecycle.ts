import type { Plugin, PluginContext, Registrar } from '@uni/reload-core'
import type { CatalogueEntry } from '../plugins/catalogue.js'

/** What was called on one plugin object, and whether it is still in memory. */
interface Life {
  readonly name: string
  init: number
  shutdown: number
  readonly object: WeakRef<Plugin>
}

/** Counts the calls on every plugin object that the demo makes, from outside the host. */
export class Lifecycle {
  readonly #lives: Life[] = []

  watchEntry(entry: CatalogueEntry): CatalogueEntry {
    return {
      ...entry,
      v1: () => this.#watch(entry.v1()),
      v2: () => this.#watch(entry.v2()),
      bad: () => entry.bad().map((version) => ({ ...version, plugin: this.#watch(version.plugin) })),
    }
  }

  /** How many plugin objects were initialised and not shut down. */
  get running(): number {
    return this.#lives.filter(({ init, shutdown }) => init > shutdown).length
  }

  /** How many were initialised. */
  get initialized(): number {
    return this.#lives.filter(({ init }) => init > 0).length
  }

  /** Plugins whose `init` or `shutdown` was called twice, or `shutdown` without `init` (I7). */
  get unbalanced(): string[] {
    return this.#lives.filter(({ init, shutdown }) => init > 1 || shutdown > init).map(({ name }) => name)
  }

  /** How many plugin objects are still in memory. */
  get alive(): number {
    return this.#lives.filter(({ object }) => object.deref() !== undefined).length
  }

  #watch(plugin: Plugin): Plugin {
    const watched = new WatchedPlugin(plugin)
    const life: Life = {
      name: `${plugin.manifest.id}@${plugin.manifest.version}`,
      init: 0,
      shutdown: 0,
      object: new WeakRef<Plugin>(watched),
    }
    watched.onInit = () => {
      life.init += 1
    }
    watched.onShutdown = () => {
      life.shutdown += 1
    }
    this.#lives.push(life)
    return watched
  }
}

class WatchedPlugin implements Plugin {
  readonly #plugin: Plugin
  onInit = (): void => {}
  onShutdown = (): void => {}

  constructor(plugin: Plugin) {
    this.#plugin = plugin
  }

  get manifest(): Plugin['manifest'] {
    return this.#plugin.manifest
  }

  register(registrar: Registrar): ReturnType<Plugin['register']> {
    return this.#plugin.register(registrar)
  }

  async init(ctx: PluginContext): Promise<void> {
    await this.#plugin.init?.(ctx)
    this.onInit()
  }

  async shutdown(ctx: PluginContext): Promise<void> {
    this.onShutdown()
    await this.#plugin.shutdown?.(ctx)
  }
}
