import type * as Loader from '@uni/reload-loader'
import type { LoadOptions } from '@uni/reload-loader'
import type { FastifyPlugin, PluginSource, ReadPlugin } from '../app/part.js'
import type { StateDefinitions } from '../state/definition.js'
import { modulePlugin, ModulePlugin } from './module-plugin.js'

/** How files are loaded, as `loadPlugin` of `@uni/reload-loader` takes it. */
export type AppLoadOptions = Omit<LoadOptions, 'signal' | 'pluginOf' | 'store'>

/** What a source gives: a plugin, and the state that the file exports with it. */
export interface Loaded {
  readonly plugin: FastifyPlugin
  readonly state: StateDefinitions
}

/** @throws LoadError of `@uni/reload-loader`. */
export async function load({ id, plugin }: ReadPlugin, options: AppLoadOptions | undefined): Promise<Loaded> {
  if (!isPath(plugin)) return { plugin, state: {} }
  const { loadPlugin } = await loader()
  return loadedBy((await loadPlugin(plugin, await loadOptions(id, options))).plugin)
}

export function isPath(source: PluginSource): source is string | URL {
  return typeof source !== 'function'
}

export function loadedBy(plugin: unknown): Loaded {
  if (plugin instanceof ModulePlugin) return plugin
  throw new TypeError('the loader gave something else than what was asked of it: is it of another version?')
}

/** @throws Error that says to install it. */
export async function loader(): Promise<typeof Loader> {
  try {
    return await import('@uni/reload-loader')
  } catch (cause) {
    const message = 'plugins that are named by path need @uni/reload-loader: npm install @uni/reload-loader'
    throw new Error(message, { cause })
  }
}

export async function loadOptions(id: string, given: AppLoadOptions = {}): Promise<LoadOptions> {
  const { shared } = given
  const own = { fastify: await import('fastify'), '@uni/reload-fastify': await import('../index.js') }
  return {
    ...given,
    shared: Array.isArray(shared) ? [...(shared as readonly string[]), ...Object.keys(own)] : { ...own, ...shared },
    pluginOf: (exports, file) => modulePlugin(id, exports, file),
  }
}
