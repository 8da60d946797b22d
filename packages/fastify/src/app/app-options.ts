import { checkOptions, option, type OptionCheck, type PluginHostOptions } from '@uni/reload-core'
import type { ServerOptions } from '../front/server-options.js'
import type { AppLoadOptions } from '../load/loading.js'
import type { WatchOptions } from '../load/watching.js'
import type { StateDefinitions } from '../state/definition.js'
import type { WebSocketOptions } from '../websocket/upgrades.js'
import { readPlugins, type AppPlugin, type PluginSource, type ReadPlugin } from './part.js'

export interface ReloadFastifyOptions {
  /** What the app is made of, in the order in which Fastify registers it. */
  readonly plugins: readonly (PluginSource | AppPlugin)[]
  /** What outlives every version of the app: each is a decorator of its name, such as `fastify.counts`. */
  readonly state?: StateDefinitions | undefined
  /** Options of Fastify, such as `{ logger: true, http2: true }`. */
  readonly server?: ServerOptions | undefined
  /** The path of a route that says how the app is: `/health`. Default: none. */
  readonly health?: string | undefined
  /** Reloads what is named by path when a file of it changes: for development. Default: `false`. */
  readonly watch?: boolean | WatchOptions | undefined
  /** How files are loaded. */
  readonly load?: AppLoadOptions | undefined
  /** Of the WebSockets that clients open. */
  readonly websocket?: WebSocketOptions | undefined
  /** Options of the plugin host below; its strategies are added to those of an app. */
  readonly host?: Partial<PluginHostOptions> | undefined
}

export interface CheckedOptions extends Omit<ReloadFastifyOptions, 'plugins' | 'watch'> {
  readonly plugins: readonly ReadPlugin[]
  readonly state: StateDefinitions
  readonly server: ServerOptions
  readonly watch: WatchOptions | undefined
}

/** Whoever takes it checks it. */
const anObject: OptionCheck<never> = option.with()

export function checkAppOptions(given: ReloadFastifyOptions): CheckedOptions {
  const {
    plugins,
    state = {},
    server = {},
    watch = false,
    ...rest
  } = checkOptions(given, 'reloadFastify options', {
    plugins: option.required(option.list((value) => value as AppPlugin)),
    state: option.record(option.with('open')) as OptionCheck<StateDefinitions>,
    server: anObject,
    health: option.text,
    watch: (value, path) => (typeof value === 'boolean' ? value : checkWatch(value, path)),
    load: anObject,
    websocket: anObject,
    host: anObject,
  })
  const watchOptions = watch === true ? {} : watch === false ? undefined : watch
  return { ...rest, plugins: readPlugins(plugins), state, server, watch: watchOptions }
}

function checkWatch(value: unknown, path: string): WatchOptions {
  return checkOptions(value as WatchOptions, path, { debounceMs: option.from(0), observer: option.function })
}
