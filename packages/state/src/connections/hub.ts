import { DISPOSE, ReloadError, checkOptions, option, type LiveResource, type PluginHost } from '@uni/reload-core'
import { acquireServed, type ServingHost } from '../when-served.js'
import type { Connected, ConnectionsProvider } from './contract.js'
import { Roster } from './roster.js'
import type { ConnectionsSurface } from './surface.js'

export interface HubOptions<C> {
  readonly name: string
  /** The key of the provider that serves the connections. */
  readonly key: string
  /**
   * Called with what the provider throws for a connection. The other connections, and its next message, are served all
   * the same.
   */
  onError(error: unknown, connection: C): void
}

type HubHost = ServingHost & Pick<PluginHost, 'attach'>

/**
 * Opens a hub of connections that the host owns, and that the current version serves. A reload closes none; every
 * message and every broadcast is handled once.
 *
 * @throws ReloadError as `attach` does.
 */
export async function openHub<C, M>(
  host: HubHost,
  surface: ConnectionsSurface<C, M>,
  options: HubOptions<C>,
): Promise<Hub<C, M>> {
  const checked = checkOptions<HubOptions<C>>(options, 'openHub options', {
    name: option.required(option.text),
    key: option.required(option.text),
    onError: option.required(option.function),
  })
  const { name, key } = checked
  const connections = new Set<C>()
  const open = (provider: ConnectionsProvider<C, M>): Roster<C, M> =>
    new Roster(connections, provider, (error, connection) => checked.onError(error, connection))
  const live = await host.attach(surface, { name, key, open })
  return new Hub(host, surface, checked, connections, live)
}

/** See {@link openHub}. */
export class Hub<C, M> implements Connected<C, M> {
  readonly #host: ServingHost
  readonly #surface: ConnectionsSurface<C, M>
  readonly #options: HubOptions<C>
  readonly #connections: Set<C>
  readonly #live: LiveResource<Roster<C, M>, M>
  /** Settles when everything that a connection has sent so far, and its arrival or removal, was handled. */
  readonly #handled = new Map<C, Promise<void>>()

  constructor(
    host: ServingHost,
    surface: ConnectionsSurface<C, M>,
    options: HubOptions<C>,
    connections: Set<C>,
    live: LiveResource<Roster<C, M>, M>,
  ) {
    this.#host = host
    this.#surface = surface
    this.#options = options
    this.#connections = connections
    this.#live = live
  }

  get connections(): ReadonlySet<C> {
    return this.#connections
  }

  /** Adds a connection; broadcasts reach it from now on. Resolves after the provider's `joined`. */
  add(connection: C): Promise<void> {
    this.#connections.add(connection)
    return this.#inOrder(connection, (provider) => provider.joined?.(connection, this))
  }

  /**
   * Removes a connection; no broadcast reaches it any more. Resolves after the provider's `left`. If the host is
   * closed, there is no provider to call, and that is no error: connections may end after their host.
   */
  remove(connection: C): Promise<void> {
    this.#connections.delete(connection)
    return this.#inOrder(connection, (provider) => provider.left?.(connection, this), isHostClosed)
  }

  /** Has the provider handle one message, after those that the connection sent before. Resolves when it has. */
  receive(connection: C, message: M): Promise<void> {
    return this.#inOrder(connection, (provider) => provider.received(connection, message, this))
  }

  /** Sends to every connection once. Broadcasts go out in order; resolves when this one was sent. */
  broadcast(message: M): Promise<void> {
    return this.#live.write(message)
  }

  /** Leaves the host. The connections stay open, and belong to the caller. */
  async close(): Promise<void> {
    await Promise.all(this.#handled.values())
    const { finalized } = await this.#live.detach()
    await finalized
  }

  #inOrder(
    connection: C,
    call: (provider: ConnectionsProvider<C, M>) => unknown,
    isFine: (error: unknown) => boolean = () => false,
  ): Promise<void> {
    const handled = (this.#handled.get(connection) ?? Promise.resolve())
      .then(() => this.#call(call))
      .catch((error: unknown) => {
        if (!isFine(error)) this.#options.onError(error, connection)
      })
    this.#handled.set(connection, handled)
    void handled.then(() => {
      if (this.#handled.get(connection) === handled) this.#handled.delete(connection)
    })
    return handled
  }

  async #call(call: (provider: ConnectionsProvider<C, M>) => unknown): Promise<void> {
    const label = `connection of ${this.#options.name}`
    const lease = await acquireServed(this.#host, this.#surface, this.#options.key, { label })
    try {
      await call(lease.provider)
    } finally {
      lease[DISPOSE]()
    }
  }
}

function isHostClosed(error: unknown): boolean {
  return ReloadError.is(error) && error.code === 'HOST_CLOSED'
}
