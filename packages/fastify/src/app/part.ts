import { checkOptions, option, unexpected, type OptionCheck } from '@uni/reload-core'
import type { FastifyInstance, FastifyPluginOptions } from 'fastify'
import { basename, extname } from 'node:path'
import type { StateDefinitions } from '../state/definition.js'

interface Registered {
  register(
    fastify: FastifyInstance,
    options: FastifyPluginOptions,
    done: (error?: Error) => void,
  ): Promise<unknown> | void
}

/**
 * A plugin as Fastify takes it: `async (fastify, options) => { fastify.get(…) }`, or with `done` in place of a promise.
 */
// One signature, from which parameters have their types; that of a method, as each plugin has options of its own.
export type FastifyPlugin = Registered['register']

/** A Fastify plugin, or the path of a file that exports one as default, which `@uni/reload-loader` loads. */
export type PluginSource = FastifyPlugin | string | URL

/** A Fastify plugin, and what goes with it. */
export interface AppPlugin {
  /** Names it in `reload`. Default: the name of the file or of the function. */
  readonly id?: string | undefined
  readonly plugin: PluginSource
  /** As `fastify.register` takes them, such as `{ prefix: '/v1' }`. */
  readonly options?: FastifyPluginOptions | undefined
  /** State that comes with this plugin, and is judged with it. A file may export it, too, as `state`. */
  readonly state?: StateDefinitions | undefined
}

/** As read: of which `next` a version is made is settled later, by {@link Part}. */
export interface ReadPlugin extends AppPlugin {
  readonly id: string
}

/** A plugin of one version of an app, loaded. */
export interface Part {
  readonly id: string
  /** Where `reload(id)` finds its next version. */
  readonly source: PluginSource
  readonly plugin: FastifyPlugin
  readonly options: FastifyPluginOptions
  readonly state: StateDefinitions
  /** Goes up with each version of the part. */
  readonly generation: number
}

const source: OptionCheck<never> = (value, path) => {
  if (typeof value === 'function' || value instanceof URL || (typeof value === 'string' && value !== ''))
    return value as never
  throw unexpected('a Fastify plugin, or the path of a file that exports one', value, path)
}

/** @throws TypeError where two have the same id, or one has none. */
export function readPlugins(given: readonly (PluginSource | AppPlugin)[]): readonly ReadPlugin[] {
  const ids = new Set<string>()
  return given.map((one, at) => {
    const path = `reloadFastify options.plugins[${at}]`
    const read = readPlugin(one, path)
    if (ids.has(read.id)) {
      throw new TypeError(`${path}: there is a plugin "${read.id}" already. Give this one an id of its own.`)
    }
    ids.add(read.id)
    return read
  })
}

/** @param id for one that has none of its own. */
export function readPlugin(given: PluginSource | AppPlugin, path: string, id?: string): ReadPlugin {
  const isSource = typeof given !== 'object' || given instanceof URL
  const read = checkOptions<AppPlugin>(isSource ? { plugin: given } : given, path, {
    id: option.text,
    plugin: option.required(source),
    options: option.members({}) as OptionCheck<FastifyPluginOptions>,
    state: option.record(option.with('open')) as OptionCheck<StateDefinitions>,
  })
  const own = read.id ?? id ?? idOf(read.plugin)
  if (own === '') throw new TypeError(`${path}: the plugin is a function without a name. Give it an id.`)
  // As they are: options of a plugin may be an object of any class.
  return { ...read, ...(!isSource && { options: given.options }), id: own }
}

function idOf(plugin: PluginSource): string {
  if (typeof plugin === 'function') return nameOf(plugin)
  const path = plugin instanceof URL ? plugin.pathname : plugin
  return basename(path, extname(path))
}

/** The one that `fastify-plugin` has given it, or that of the function. */
function nameOf(plugin: FastifyPlugin): string {
  const named: unknown = Reflect.get(plugin, Symbol.for('fastify.display-name'))
  return typeof named === 'string' ? named : plugin.name
}
