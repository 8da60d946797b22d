import {
  ASYNC_DISPOSE,
  DISPOSE,
  PluginHost,
  ReloadError,
  type BakeReport,
  type PluginHandle,
  type ReloadOptions,
  type ReloadResult,
} from '@uni/reload-core'
import { memoryHandoff, timersHandoff } from '@uni/reload-state'
import Fastify, { type FastifyBaseLogger, type FastifyListenOptions } from 'fastify'
import inject, { type InjectOptions, type Response } from 'light-my-request'
import { createServer, type Listening } from '../front/create-server.js'
import { Front } from '../front/front.js'
import { Requests } from '../front/requests.js'
import { isPath, load, type Loaded } from '../load/loading.js'
import { Watching } from '../load/watching.js'
import { values } from '../state/memory-state.js'
import { TimersHome } from '../state/timers-home.js'
import { timersSurface } from '../state/timers-state.js'
import { Connections } from '../websocket/connections.js'
import { GOING_AWAY } from '../websocket/connection.js'
import { Upgrades } from '../websocket/upgrades.js'
import { AppVersion, type AppBase } from './app-version.js'
import type { CheckedOptions } from './app-options.js'
import { Health, type AppHealth } from './health.js'
import { readPlugin, type AppPlugin, type Part, type PluginSource, type ReadPlugin } from './part.js'
import { APP, appHandoff, appSurface } from './surface.js'
import { versionPlugin } from './version-plugin.js'

/** A Fastify app whose plugins are replaced while it serves: see `reloadFastify`. */
export class ReloadableApp implements AsyncDisposable {
  /** Holds the versions of the app. Further plugins, of any kind, may be added to it. */
  readonly host: PluginHost
  readonly #options: CheckedOptions
  readonly #log: FastifyBaseLogger
  readonly #base: AppBase
  readonly #front: Front
  readonly #requests: Requests
  readonly #connections: Connections
  readonly #health: Health
  readonly #watching: Watching
  #versions = 0
  /** One reload at a time: each is made of what the one before it has left. */
  #last: Promise<unknown> = Promise.resolve()
  #closing: Promise<void> | undefined

  /** @internal */
  constructor(options: CheckedOptions) {
    const { server, state, host: hostOptions = {}, websocket = {}, health } = options
    this.#options = options
    // One for all versions: a transport of a logger is a thread of its own.
    this.#log = logOf(server)
    this.host = new PluginHost({
      ...hostOptions,
      strategies: [
        appHandoff(),
        memoryHandoff(values),
        timersHandoff(timersSurface),
        ...(hostOptions.strategies ?? []),
      ],
    })
    this.#requests = new Requests(this.host)
    this.#connections = new Connections(this.host)
    this.#health = new Health(this.host, APP)
    const upgrades = new Upgrades(this.#requests, this.#connections, websocket)
    this.#front = new Front(() => this.#server(upgrades))
    this.#watching = new Watching({
      handle: (id) => this.#partHandle(id),
      reload: (id, loaded, how) => this.#inTurn(() => this.#reload(id, (part) => ({ ...part, ...loaded }), how)),
    })
    this.#base = {
      server,
      log: server.logger === undefined && server.loggerInstance === undefined ? undefined : this.#log,
      state,
      health: health === undefined ? undefined : { path: health, read: () => this.health() },
      host: this.host,
      timers: new TimersHome((error, timer) => this.#log.error({ err: error, timer }, 'a timer failed')),
      connections: this.#connections,
      address: () => this.#front.address(),
    }
  }

  /** @internal Has the first version serve. */
  async begin(): Promise<void> {
    const { plugins, watch, load: loadOptions } = this.#options
    try {
      const loaded =
        watch === undefined
          ? await Promise.all(plugins.map((one) => load(one, loadOptions)))
          : await this.#watching.first(plugins, loadOptions, { observer: this.#logged, ...watch })
      const parts = plugins.map((one, at): Part => {
        const { plugin, state } = loaded[at] as Loaded
        const { id, plugin: source, options = {}, state: own } = one
        return { id, source, plugin, options, state: { ...own, ...state }, generation: 0 }
      })
      await this.host.add(versionPlugin(new AppVersion(this.#base, parts), this.#next()))
      this.#watching.begin()
    } catch (error) {
      await this.#watching.end(error)
      await this.host.close()
      throw error
    }
  }

  /**
   * Listens, as `fastify.listen` does.
   *
   * @returns the URL.
   * @throws Error of Node, such as `EADDRINUSE`: nothing listens then, and it may be tried again.
   */
  async listen(options: FastifyListenOptions = {}): Promise<string> {
    const { signal, listenTextResolver = (address) => `Server listening at ${address}` } = options
    signal?.throwIfAborted()
    const address = await this.#front.listen(options, this.#options.server.https !== undefined)
    signal?.addEventListener('abort', () => void this.close(), { once: true })
    this.#log.info(listenTextResolver(address))
    return address
  }

  /** Where it listens; `null` where it does not. */
  address(): ReturnType<Front['address']> {
    return this.#front.address()
  }

  /** Makes a request without a network, for tests, as `fastify.inject` does. */
  async inject(request: InjectOptions | string): Promise<Response> {
    return inject((incoming, outgoing) => this.#requests.handle(incoming as never, outgoing as never), request)
  }

  /**
   * Replaces one plugin, in a version of the app that is built beside the one that serves. Resolves at the commit;
   * `finalized` of the result when the old version is drained and closed. Waits for other reloads of the app.
   *
   * @param id of the plugin: the name of its file or function, or its `id`.
   * @param next the next version; what is not said of it stays. Default: what is in its file now.
   * @throws ReloadError, with the old version serving; LoadError of `@uni/reload-loader`.
   */
  async reload(
    id: string,
    next?: PluginSource | Omit<AppPlugin, 'id'>,
    options: ReloadOptions = {},
  ): Promise<ReloadResult> {
    const read = next === undefined ? undefined : readPlugin(next, 'reload next', id)
    return this.#inTurn(async () => {
      const { source } = this.#part(id)
      const one: ReadPlugin = read ?? { id, plugin: source }
      const loaded = await load(one, this.#options.load)
      const own = read?.state ?? this.#options.plugins.find((plugin) => plugin.id === id)?.state
      const change = (part: Part): Part => ({
        ...part,
        source: one.plugin,
        plugin: loaded.plugin,
        options: read?.options ?? part.options,
        state: isPath(one.plugin) ? { ...own, ...loaded.state } : (read?.state ?? part.state),
      })
      return this.#reload(id, change, options)
    })
  }

  /** Takes the last reload back while it bakes. @throws ReloadError `NOT_BAKING`. */
  takeBack(): Promise<BakeReport> {
    return this.#inTurn(() => this.host.takeBack(this.#handle()))
  }

  /** Ends the bake of the last reload: what serves stays. @throws ReloadError as `makePermanent` of a host does. */
  makePermanent(): Promise<void> {
    return this.host.makePermanent(this.#handle())
  }

  /** How the app is: of a load balancer, or of a route (`health: '/health'`). */
  health(): AppHealth {
    return this.#health.read()
  }

  /**
   * Takes no more connections, waits for what was begun, closes the WebSockets (1001), and runs the `onClose` hooks.
   * What outlives the deadline of the host's `drain` is cut off.
   */
  close(): Promise<void> {
    return (this.#closing ??= this.#close())
  }

  /** The same as {@link close}, for `await using`. */
  [ASYNC_DISPOSE](): Promise<void> {
    return this.close()
  }

  async #close(): Promise<void> {
    await this.#watching.end()
    const stopped = this.#front.stop()
    for (const connection of this.#connections) connection.close(GOING_AWAY, '')
    try {
      await this.host.close()
    } finally {
      for (const connection of this.#connections) connection.terminate()
      await this.#front.close()
      await stopped
    }
  }

  async #reload(id: string, change: (part: Part) => Part, options: ReloadOptions): Promise<ReloadResult> {
    const parts = this.#parts().map((part) =>
      part.id === id ? { ...change(part), generation: part.generation + 1 } : part,
    )
    const plugin = versionPlugin(new AppVersion(this.#base, parts), this.#next())
    const result = await this.host.reload(this.#handle(), plugin, options)
    if (result.status === 'committed') void this.#health.follow(result.finalized)
    return result
  }

  #server(upgrades: Upgrades): Listening {
    const made = createServer(this.#options.server, this.#requests.handle)
    made.server.on('upgrade', upgrades.handle)
    made.server.on('clientError', (error, socket) => {
      const lease = this.#connections.hold('a request that cannot be read')
      if (lease instanceof Promise) {
        socket.destroy()
        return
      }
      lease.provider.server.emit('clientError', error, socket)
      lease[DISPOSE]()
    })
    return made
  }

  /** @throws ReloadError `HOST_CLOSED` where it is closed. */
  #handle(): PluginHandle {
    const handle = this.host.plugin(APP)
    if (handle !== undefined) return handle
    throw new ReloadError('HOST_CLOSED', 'the app was closed', { plugin: APP, hint: 'Make another one.' })
  }

  #parts(): readonly Part[] {
    const lease = this.host.acquire(appSurface, APP, { label: 'a reload' })
    try {
      return lease.provider.parts
    } finally {
      lease[DISPOSE]()
    }
  }

  /** @throws ReloadError `PLUGIN_NOT_FOUND` */
  #part(id: string): Part {
    const parts = this.#parts()
    const part = parts.find((one) => one.id === id)
    if (part !== undefined) return part
    throw new ReloadError('PLUGIN_NOT_FOUND', 'the app has no plugin of this id', {
      plugin: id,
      hint: `There are ${parts.map((one) => one.id).join(', ')}.`,
    })
  }

  #partHandle(id: string): PluginHandle | undefined {
    if (this.host.plugin(APP) === undefined) return undefined
    return { id, generation: this.#part(id).generation }
  }

  #next(): number {
    this.#versions += 1
    return this.#versions
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(work)
    this.#last = turn.catch(() => {})
    return turn
  }

  readonly #logged: NonNullable<Parameters<Watching['first']>[2]['observer']> = (event, id) => {
    if (event.type === 'failed') this.#log.error({ err: event.error, plugin: id }, 'a change was refused')
    else if (event.type === 'reloaded') this.#log.info({ plugin: id }, 'reloaded')
    else if (event.type === 'unwatched') this.#log.warn({ err: event.error, folder: event.folder }, 'not watched')
  }
}

function logOf({ logger, loggerInstance }: CheckedOptions['server']): FastifyBaseLogger {
  if (loggerInstance !== undefined) return loggerInstance
  return Fastify({ ...(logger !== undefined && { logger }) }).log
}
