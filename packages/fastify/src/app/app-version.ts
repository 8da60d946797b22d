import { describeThrown, ReloadError, type CompatVerdict, type Registrar } from '@uni/reload-core'
import { createServer, type Server } from 'node:http'
import Fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyPluginCallback,
  type FastifyServerOptions,
} from 'fastify'
import type { AppHealth } from './health.js'
import type { Part } from './part.js'
import type { ServerOptions } from '../front/server-options.js'
import type { StateDefinitions, StateSite } from '../state/definition.js'
import { VersionSockets } from '../websocket/version-sockets.js'
import type { Connection } from '../websocket/connection.js'
import { trackedRoutes } from '../websocket/tracked-routes.js'

/** What all versions of an app have in common. */
export interface AppBase {
  readonly server: ServerOptions
  readonly log: FastifyBaseLogger | undefined
  readonly state: StateDefinitions
  readonly health: { readonly path: string; read(): AppHealth } | undefined
  readonly host: StateSite['host']
  readonly timers: StateSite['timers']
  readonly connections: Iterable<Connection>
  /** Where the app listens. */
  address(): ReturnType<Server['address']>
}

/** One version of an app: an instance of Fastify that does not listen. */
export class AppVersion {
  readonly parts: readonly Part[]
  readonly sockets: VersionSockets
  readonly #base: AppBase
  /** Of {@link fastify}. Nothing comes to it but WebSockets, each as a connection of its own. */
  readonly #server: Server = createServer()
  readonly #onceServing: (() => void)[] = []
  #serving = false
  #fastify: FastifyInstance | undefined

  constructor(base: AppBase, parts: readonly Part[]) {
    this.#base = base
    this.parts = parts
    this.#server.address = () => base.address()
    this.sockets = new VersionSockets(this.#server, base.connections)
  }

  /** @throws Error before the version is registered. */
  get fastify(): FastifyInstance {
    if (this.#fastify === undefined) throw new Error('the version is not registered yet')
    return this.#fastify
  }

  get server(): Server {
    return this.#server
  }

  judgeConnected(): Promise<CompatVerdict> {
    return this.sockets.adopt()
  }

  /** In the turn of the commit. */
  begin(): void {
    this.#serving = true
    for (const work of this.#onceServing.splice(0)) work()
    this.sockets.begin()
  }

  /** In the turn of the commit that puts another one in its place. */
  leave(): void {
    this.#serving = false
  }

  get isServing(): boolean {
    return this.#serving
  }

  /** Opens its state. Whatever it holds ends with the lifetime of the registration. */
  async register(registrar: Registrar): Promise<void> {
    const fastify = this.#make()
    this.#fastify = fastify
    // However far it comes: hooks of what was registered run, and it holds nothing any more.
    registrar.onDispose(() => this.#close(fastify))
    const { state, host, timers } = this.#base
    for (const [name, { owner, definition }] of this.#states(state)) {
      const site: StateSite = {
        name,
        registrar,
        fastify,
        host,
        timers,
        onceServing: (work) => (this.#serving ? work() : void this.#onceServing.push(work)),
        used: () => {
          if (!this.#serving) this.sockets.waitsForCommit()
        },
      }
      const handle = await definition.open(site)
      try {
        fastify.decorate(name, handle)
      } catch (cause) {
        throw new ReloadError('PLUGIN', `state "${name}" of ${owner} cannot be a decorator: ${describeThrown(cause)}`, {
          step: 'state',
          hint: 'Give it a name that Fastify and its plugins do not use.',
          cause,
        })
      }
    }
  }

  #make(): FastifyInstance {
    const { server, log, health } = this.#base
    const { logger: _, loggerInstance: __, ...options } = server
    // Its overloads tell HTTP/1 from HTTP/2, which is known at run time only: routes are typed as those of HTTP/1.
    const fastify = Fastify({
      ...options,
      ...(log && { loggerInstance: log }),
      serverFactory: (handler) => this.#server.on('request', handler),
    } as FastifyServerOptions)
    trackedRoutes(fastify)
    if (health !== undefined) {
      fastify.get(health.path, { logLevel: 'silent' }, (_, reply) => {
        const found = health.read()
        return reply.code(found.status === 'ok' ? 200 : 503).send(found)
      })
    }
    return fastify
  }

  /** @throws ReloadError `PLUGIN` where two have a state of one name. */
  #states(shared: StateDefinitions): Map<string, { owner: string; definition: StateDefinitions[string] }> {
    const states = new Map<string, { owner: string; definition: StateDefinitions[string] }>()
    const owners = [{ owner: 'the app', state: shared }].concat(
      this.parts.map(({ id, state }) => ({ owner: `plugin "${id}"`, state })),
    )
    for (const { owner, state } of owners) {
      for (const [name, definition] of Object.entries(state)) {
        const taken = states.get(name)
        if (taken !== undefined) {
          throw new ReloadError('DUPLICATE', `state "${name}" is that of ${taken.owner}, and of ${owner}`, {
            step: 'state',
            hint: 'Rename one of them, or have both plugins use the same one.',
          })
        }
        states.set(name, { owner, definition })
      }
    }
    return states
  }

  /** @throws ReloadError `PLUGIN`, which names the plugin of Fastify. */
  async boot(): Promise<void> {
    const { fastify } = this
    for (const { id, plugin, options } of this.parts) {
      try {
        await fastify.register(plugin as FastifyPluginCallback, options)
      } catch (cause) {
        throw new ReloadError('PLUGIN', `Fastify plugin "${id}" cannot be registered: ${describeThrown(cause)}`, {
          step: 'register',
          hint: 'Correct the plugin. What served before goes on.',
          cause,
        })
      }
    }
    await fastify.ready()
  }

  async #close(fastify: FastifyInstance): Promise<void> {
    this.#serving = false
    await this.sockets.end()
    try {
      await fastify.close()
    } finally {
      this.#server.close()
    }
  }
}
