import type { Client } from 'pg'
import { connect, type Connection } from './connect.js'

/** One connection, made again when it is needed after it was lost. What is done with it comes one after another. */
export class OwnConnection {
  readonly #connection: Connection
  #client: Promise<Client> | undefined
  #last: Promise<unknown> = Promise.resolve()
  #closed = false

  constructor(connection: Connection) {
    this.#connection = connection
  }

  /** Connects, if that was not done. */
  async ready(): Promise<void> {
    await this.#connected()
  }

  /** @throws what `work` throws; the connection is kept. */
  run<T>(work: (client: Client) => Promise<T>): Promise<T> {
    const result = this.#last.then(async () => work(await this.#connected()))
    this.#last = result.catch(() => {})
    return result
  }

  /** Commits what `work` did, or nothing of it. */
  transaction<T>(work: (client: Client) => Promise<T>): Promise<T> {
    return this.run(async (client) => {
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
    })
  }

  async close(): Promise<void> {
    this.#closed = true
    const client = await this.#client?.catch(() => undefined)
    this.#client = undefined
    await client?.end()
  }

  #connected(): Promise<Client> {
    if (this.#closed) return Promise.reject(new Error('the connection was closed'))
    return (this.#client ??= this.#connect())
  }

  async #connect(): Promise<Client> {
    try {
      // What is acknowledged is durable, whatever the server's default is.
      const client = await connect(this.#connection, { options: '-c synchronous_commit=on' })
      client.on('error', () => this.#drop(client))
      return client
    } catch (error) {
      this.#client = undefined
      throw error
    }
  }

  #drop(client: Client): void {
    this.#client = undefined
    void client.end().catch(() => {})
  }
}
