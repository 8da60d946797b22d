import { DISPOSE, ReloadError, checkOptions, option, type LiveResource, type PluginHost } from '@uni/reload-core'
import { acquireServed, type ServingHost } from '../when-served.js'
import type { Connected, ConnectionsProvider } from './contract.js'
import { Roster } from './roster.js'
import type { ConnectionsSurface } from './surface.js'

export interface HubOptions<C> {
  readonly name: string
  /** The key of the provider that serves the connections. */
  readonly key: string
  /** Told of what the provider throws for a connection; the others, and its next message, are served all the same. */
  onError(error: unknown, connection: C): void
}

type HubHost = ServingHost & Pick<PluginHost, 'attach'>

/**
 * Connections that belong to the host, and that the version that serves now looks after. A reload closes none, and
 * every message and every broadcast is seen to once.
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
  /** Settles when all that a connection has sent, and that it came and went, was seen to. */
  readonly #seenTo = new Map<C, Promise<void>>()

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

  /** Those that are connected. */
  get connections(): ReadonlySet<C> {
    return this.#connections
  }

  /** Takes a connection in; broadcasts reach it from now on. Resolves when the provider's `joined` has seen to it. */
  add(connection: C): Promise<void> {
    this.#connections.add(connection)
    return this.#inOrder(connection, (provider) => provider.joined?.(connection, this))
  }

  /**
   * Lets a connection go; no broadcast reaches it any more. Resolves when the provider's `left` has seen to it. Where
   * the host was closed, nobody is left to see to it, and that is no error: connections may end after their host.
   */
  remove(connection: C): Promise<void> {
    this.#connections.delete(connection)
    return this.#inOrder(connection, (provider) => provider.left?.(connection, this), isHostClosed)
  }

  /** Has one message seen to, after those that the connection has sent before. Resolves when it was. */
  receive(connection: C, message: M): Promise<void> {
    return this.#inOrder(connection, (provider) => provider.received(connection, message, this))
  }

  /** Sends to every connection, once. Broadcasts go out in order; resolves when this one has. */
  broadcast(message: M): Promise<void> {
    return this.#live.write(message)
  }

  /** Leaves the host; the connections stay open, and are the caller's. */
  async close(): Promise<void> {
    await Promise.all(this.#seenTo.values())
    const { finalized } = await this.#live.detach()
    await finalized
  }

  #inOrder(
    connection: C,
    call: (provider: ConnectionsProvider<C, M>) => unknown,
    isFine: (error: unknown) => boolean = () => false,
  ): Promise<void> {
    const seenTo = (this.#seenTo.get(connection) ?? Promise.resolve())
      .then(() => this.#call(call))
      .catch((error: unknown) => {
        if (!isFine(error)) this.#options.onError(error, connection)
      })
    this.#seenTo.set(connection, seenTo)
    void seenTo.then(() => {
      if (this.#seenTo.get(connection) === seenTo) this.#seenTo.delete(connection)
    })
    return seenTo
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
