import type { FastifyListenOptions } from 'fastify'
import { lookup } from 'node:dns/promises'
import { once } from 'node:events'
import type { Server } from 'node:http'
import type { ListenOptions } from 'node:net'
import type { Listening } from './create-server.js'

/** The servers of an app, which belong to no version of it. */
export class Front {
  readonly #create: () => Listening
  #open: Listening[] = []
  #listening = false

  /** @param create one server, which does not listen yet. */
  constructor(create: () => Listening) {
    this.#create = create
  }

  /** Where it listens; `null` where it does not. */
  address(): ReturnType<Server['address']> {
    return this.#open[0]?.server.address() ?? null
  }

  /**
   * Listens; as with Fastify, on all addresses of `localhost`, which is the default.
   *
   * @returns the URL.
   * @throws Error of Node, such as `EADDRINUSE`: nothing listens then.
   */
  async listen(given: FastifyListenOptions, isSecure: boolean): Promise<string> {
    if (this.#listening) throw new Error('the app listens already: close it first')
    this.#listening = true
    const { signal: _, listenTextResolver: __, ...options } = given
    const host = options.path === undefined ? (options.host ?? 'localhost') : options.host
    try {
      const main = await this.#add({ ...options, ...(host !== undefined && { host }) })
      if (host === 'localhost') await this.#addOthers(options, main)
      return urlOf(main, isSecure)
    } catch (error) {
      await this.close()
      throw error
    }
  }

  /** Takes no new connections, and closes those on which nothing is asked for. */
  stop(): Promise<void> {
    const closed = this.#open.map(async ({ server, closeIdle }) => {
      if (!server.listening) return
      const over = once(server, 'close')
      server.close()
      closeIdle()
      await over
    })
    return Promise.all(closed).then(() => {})
  }

  /** Closes every connection. */
  async close(): Promise<void> {
    const stopped = this.stop()
    for (const { closeAll } of this.#open) closeAll()
    await stopped
    this.#open = []
    this.#listening = false
  }

  async #add(options: ListenOptions): Promise<ReturnType<Server['address']>> {
    const made = this.#create()
    this.#open.push(made)
    made.server.listen(options)
    await once(made.server, 'listening')
    return made.server.address()
  }

  async #addOthers(options: ListenOptions, main: ReturnType<Server['address']>): Promise<void> {
    if (main === null || typeof main === 'string') return
    const found = await lookup('localhost', { all: true }).catch(() => [])
    const others = found.filter(({ address }) => address !== main.address)
    await Promise.all(
      others.map(async ({ address }) => {
        const before = this.#open.length
        // As with Fastify: who has only one of both addresses listens on that.
        await this.#add({ ...options, host: address, port: main.port }).catch(() => this.#open.splice(before, 1))
      }),
    )
  }
}

function urlOf(address: ReturnType<Server['address']>, isSecure: boolean): string {
  if (address === null || typeof address === 'string') return String(address)
  const host = address.family === 'IPv6' ? `[${address.address}]` : address.address
  return `http${isSecure ? 's' : ''}://${host}:${address.port}`
}
