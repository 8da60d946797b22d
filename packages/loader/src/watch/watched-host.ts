import type { Plugin, PluginHandle, PluginHost, ReloadResult } from '@uni/reload-core'
import { LoadError } from '../errors.js'
import type { Digest } from '../digest.js'
import type { LoadedPlugin } from '../loaded-plugin.js'
import type { CheckedWatchOptions } from './watch-options.js'
import type { WatchEvent } from './watch-event.js'

/** What a watch asks of a host. */
export type WatchedPluginHost = Pick<PluginHost, 'plugin' | 'add' | 'reload'>

type Step = Extract<WatchEvent, { type: 'failed' }>['step']

/** What a plugin's host refused, and at what. */
export class RefusedByHost {
  constructor(
    readonly step: Step,
    readonly error: unknown,
  ) {}
}

export type Brought =
  | { readonly type: 'added'; readonly handle: PluginHandle; readonly loaded: LoadedPlugin }
  | { readonly type: 'reloaded'; readonly result: ReloadResult; readonly loaded: LoadedPlugin }

/** One plugin in a host, as the watch has brought it there. */
export class WatchedHost {
  readonly #host: WatchedPluginHost
  readonly #options: CheckedWatchOptions
  #id: string | undefined
  #brought: { readonly handle: PluginHandle; readonly digest: Digest } | undefined

  constructor(host: WatchedPluginHost, options: CheckedWatchOptions) {
    this.#host = host
    this.#options = options
  }

  /** What serves, where the watch knows the plugin's id. */
  get serving(): PluginHandle | undefined {
    return this.#id === undefined ? undefined : this.#host.plugin(this.#id)
  }

  /**
   * The plugin as it serves, where that is this very code: neither was it taken back, nor has anybody else changed it.
   */
  servingAs(digest: Digest): PluginHandle | undefined {
    const { serving } = this
    const known = this.#brought
    const isIt = known?.digest === digest && known.handle.generation === serving?.generation
    return isIt ? serving : undefined
  }

  /**
   * Has it serve. @param load evaluates the code anew: what a dry run has initialized is not initialized again.
   *
   * @throws RefusedByHost
   */
  async bring(load: () => Promise<LoadedPlugin>, signal: AbortSignal): Promise<Brought> {
    let loaded = await at('load', load)
    const { plugin } = loaded
    const serving = await at('load', async () => this.#servingLike(plugin))
    const { add, reload, dryRun } = this.#options
    if (serving === undefined) {
      const handle = await at('add', () => this.#host.add(plugin, { ...add, signal }))
      this.#brought = { handle, digest: loaded.digest }
      return { type: 'added', handle, loaded }
    }
    if (dryRun) {
      await at('dry-run', () => this.#host.reload(serving, plugin, { ...reload, signal, dryRun }))
      loaded = await at('load', load)
    }
    const { plugin: next, digest } = loaded
    const result = await at('reload', () => this.#host.reload(serving, next, { ...reload, signal }))
    this.#brought = { handle: result.handle, digest }
    return { type: 'reloaded', result, loaded }
  }

  /** @throws LoadError `MANIFEST` where it is another plugin than before. */
  #servingLike({ manifest: { id } }: Plugin): PluginHandle | undefined {
    if (this.#id !== undefined && this.#id !== id && this.serving !== undefined) {
      throw new LoadError('MANIFEST', `the plugin was "${this.#id}", and is "${id}" now: that is another plugin`, {
        plugin: id,
        hint: `Keep the id, or remove "${this.#id}" from the host.`,
      })
    }
    this.#id = id
    return this.serving
  }
}

async function at<T>(step: Step, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw new RefusedByHost(step, error)
  }
}
