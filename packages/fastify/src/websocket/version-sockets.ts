import type { CompatVerdict } from '@uni/reload-core'
import type { IncomingMessage, Server } from 'node:http'
import type { Connection } from './connection.js'
import { Link, linkWaitsForCommit, SERVICE_RESTART, type Answer } from './link.js'

/** How long the end of a link is waited for, in milliseconds: a listener of the version may never be done. */
const END_MS = 5_000

/** The WebSockets of one version. */
export class VersionSockets {
  readonly #server: Server
  readonly #connections: Iterable<Connection>
  readonly #links = new Map<Connection, Link>()
  /** Also of those that are not connections yet, or that have been. */
  readonly #open = new Set<Link>()

  /** @param server that of the version. */
  constructor(server: Server, connections: Iterable<Connection>) {
    this.#server = server
    this.#connections = connections
  }

  /** Has the version answer to a client. */
  link(request: IncomingMessage): Link {
    const link = new Link(this.#server, request)
    this.#open.add(link)
    void link.ended.then(() => this.#open.delete(link))
    return link
  }

  /** Has it answer to all that are connected, as if they came; and says whether it takes them. */
  async adopt(): Promise<CompatVerdict> {
    const refused = new Map<string, number>()
    for (let left = this.#unlinked(); left.length > 0; left = this.#unlinked()) {
      const links = left.map((connection) => ({ connection, link: this.link(connection.request) }))
      for (const { connection, link } of links) this.#links.set(connection, link)
      for (const { connection, link } of links) {
        const answer = await link.answerSoFar
        if (answer.is !== 'refused' && answer.is !== 'failed') continue
        const what = `${connection.request.url} ${describe(answer)}`
        refused.set(what, (refused.get(what) ?? 0) + 1)
      }
    }
    if (refused.size === 0) return { level: 'compatible' }
    const of = Array.from(refused, ([what, clients]) => `${what}, where ${clients} are connected`)
    return {
      level: 'incompatible',
      reason: `WebSockets would be closed: ${of.join('; ')}. Keep the route, or accept the key, which closes them`,
    }
  }

  /** In the turn of the commit: all that are connected are its own. */
  begin(): void {
    for (const connection of this.#connections) {
      const adopted = this.#links.get(connection)
      // One that came meanwhile, or that has been another version's.
      connection.switchTo(adopted === undefined || adopted.isRetired ? this.link(connection.request) : adopted)
    }
    this.#links.clear()
  }

  /** Takes over one that came to an earlier version. */
  take(connection: Connection): void {
    connection.switchTo(this.link(connection.request))
  }

  /** What runs now waits for the commit. */
  waitsForCommit(): void {
    linkWaitsForCommit()
  }

  /** Has the routes see them off, as if all had left. The clients stay. */
  async end(): Promise<void> {
    const ended = [...this.#open].map((link) => {
      link.close(SERVICE_RESTART, 'reloaded')
      return link.ended
    })
    let timer: ReturnType<typeof setTimeout> | undefined
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, END_MS)
    })
    await Promise.race([Promise.all(ended), late])
    clearTimeout(timer)
    for (const link of this.#open) link.cut()
  }

  #unlinked(): Connection[] {
    return [...this.#connections].filter((connection) => !this.#links.has(connection))
  }
}

function describe(answer: Answer): string {
  if (answer.is === 'refused') return `answers ${String(answer.response.statusCode)}`
  return answer.is === 'failed' ? `fails: ${answer.error.message}` : 'answers'
}
