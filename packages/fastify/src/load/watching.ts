import { ASYNC_DISPOSE, type PluginHandle, type ReloadOptions, type ReloadResult } from '@uni/reload-core'
import type { PluginWatch, WatchEvent, WatchedPluginHost } from '@uni/reload-loader'
import type { ReadPlugin } from '../app/part.js'
import { isPath, load, loadedBy, loader, loadOptions, type AppLoadOptions, type Loaded } from './loading.js'

export interface WatchOptions {
  /** Milliseconds without a change after which a plugin is loaded. Default: 50. */
  readonly debounceMs?: number | undefined
  /** Told of each change of plugin `id` and what becomes of it, in place of the log. */
  readonly observer?: ((event: WatchEvent, id: string) => unknown) | undefined
}

/** The app, as a watch of one of its plugins sees it. */
export interface WatchedApp {
  /** Of the plugin as it serves; `undefined` before the first version does. */
  handle(id: string): PluginHandle | undefined
  reload(id: string, loaded: Loaded, options: ReloadOptions): Promise<ReloadResult>
}

/** Watches the plugins of an app that are files, each by itself. */
export class Watching {
  readonly #app: WatchedApp
  readonly #watches: PluginWatch[] = []
  readonly #begun: Promise<void>
  #begin: () => void = () => {}
  #refuse: (error: unknown) => void = () => {}

  constructor(app: WatchedApp) {
    this.#app = app
    this.#begun = new Promise((resolve, reject) => {
      this.#begin = resolve
      this.#refuse = reject
    })
    // It is for those who wait, and there may be none.
    this.#begun.catch(() => {})
  }

  /**
   * Begins to watch, and gives what there is now, in the order of the plugins.
   *
   * @throws what keeps one of them from being loaded: nothing is watched then.
   */
  async first(
    plugins: readonly ReadPlugin[],
    options: AppLoadOptions | undefined,
    how: WatchOptions,
  ): Promise<Loaded[]> {
    try {
      return await Promise.all(plugins.map((one) => this.#first(one, options, how)))
    } catch (error) {
      await this.end(error)
      throw error
    }
  }

  /** The first version serves: what changes from now on is a reload. */
  begin(): void {
    this.#begin()
  }

  /** @param error why there is no first version. */
  async end(error: unknown = new Error('the app was closed')): Promise<void> {
    this.#refuse(error)
    await Promise.all(this.#watches.map((watch) => watch[ASYNC_DISPOSE]()))
  }

  async #first(one: ReadPlugin, options: AppLoadOptions | undefined, how: WatchOptions): Promise<Loaded> {
    const { id, plugin } = one
    if (!isPath(plugin)) return load(one, options)
    const { watchPlugin } = await loader()
    const { observer, debounceMs } = how
    const loading = await loadOptions(id, options)
    return new Promise((resolve, reject) => {
      const watch = watchPlugin(this.#hostOf(id, resolve), plugin, {
        load: loading,
        debounceMs,
        ...(observer && { observer: (event: WatchEvent) => observer(event, id) }),
      })
      this.#watches.push(watch)
      void watch.settled().then((outcome) => {
        if (outcome?.type === 'failed') reject(outcome.error as Error)
      })
    })
  }

  #hostOf(id: string, arrived: (loaded: Loaded) => void): WatchedPluginHost {
    const serving = (): PluginHandle => {
      const handle = this.#app.handle(id)
      if (handle === undefined) throw new Error(`plugin "${id}" does not serve`)
      return handle
    }
    return {
      plugin: () => this.#app.handle(id),
      // All plugins begin together.
      add: async (plugin) => {
        arrived(loadedBy(plugin))
        await this.#begun
        return serving()
      },
      reload: async (_, plugin, reloadOptions = {}) => {
        const result = await this.#app.reload(id, loadedBy(plugin), reloadOptions)
        return { ...result, handle: serving() }
      },
    }
  }
}
