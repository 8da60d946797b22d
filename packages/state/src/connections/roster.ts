import type { ConnectionsProvider } from './contract.js'

/** The connections as one version sees them. They belong to the host, and are the same for every version. */
export class Roster<C, M> {
  readonly connections: Set<C>
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

  /** The same connections with another version. */
  servedBy(provider: ConnectionsProvider<C, M>): Roster<C, M> {
    return new Roster(this.connections, provider, this.#failed)
  }

  /** Sends to each connection that there is now; a failure of one does not keep the message from others. */
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
