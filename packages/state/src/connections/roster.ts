import type { ConnectionsProvider } from './contract.js'

/** Who is connected, as one version sees it: the connections are the host's, and the same to every version. */
export class Roster<C, M> {
  readonly connections: Set<C>
  /** What serves them. */
  readonly provider: ConnectionsProvider<C, M>
  readonly #failed: (error: unknown, connection: C) => void

  constructor(
    connections: Set<C>,
    provider: ConnectionsProvider<C, M>,
    failed: (error: unknown, connection: C) => void,
  ) {
    this.connections = connections
    this.provider = provider
    this.#failed = failed
  }

  /** The same connections, served by another version. */
  servedBy(provider: ConnectionsProvider<C, M>): Roster<C, M> {
    return new Roster(this.connections, provider, this.#failed)
  }

  /** Sends to each that is connected now; that one fails keeps no other from it. */
  async broadcast(message: M): Promise<void> {
    await Promise.all(
      Array.from(this.connections, async (connection) => {
        try {
          await this.provider.send(connection, message)
        } catch (error) {
          this.#failed(error, connection)
        }
      }),
    )
  }
}
