import { Client, type ClientConfig } from 'pg'

const CONNECT_TIMEOUT_MS = 10_000

/** One connection, made again when it is needed after it was lost. Its transactions come one at a time. */
export class Session {
  readonly #config: ClientConfig
  #client: Promise<Client> | undefined
  #closed = false

  constructor(connectionString: string) {
    this.#config = {
      connectionString,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      keepAlive: true,
      application_name: 'example-host',
    }
  }

  /** Commits what `work` did, or nothing of it. */
  async transaction<T>(work: (client: Client) => Promise<T>): Promise<T> {
    if (this.#closed) throw new Error('the session was closed')
    const client = await (this.#client ??= this.#connect())
    try {
      await client.query('BEGIN')
      const result = await work(client)
      await client.query('COMMIT')
      return result
    } catch (error) {
      // Where even that fails the connection is of no more use, and its end undoes everything.
      await client.query('ROLLBACK').catch(() => this.#drop(client))
      throw error
    }
  }

  async close(): Promise<void> {
    this.#closed = true
    const client = await this.#client?.catch(() => undefined)
    this.#client = undefined
    await client?.end()
  }

  async #connect(): Promise<Client> {
    const client = new Client(this.#config)
    // A connection that is lost while it is idle says so here, and nowhere else.
    client.on('error', () => this.#drop(client))
    try {
      await client.connect()
      return client
    } catch (error) {
      this.#drop(client)
      throw error
    }
  }

  #drop(client: Client): void {
    this.#client = undefined
    void client.end().catch(() => {})
  }
}
