import { DISPOSE, ReloadError, type ProviderLease } from '@uni/reload-core'
import { ServerResponse, STATUS_CODES, type IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import { WebSocketServer, type ServerOptions } from 'ws'
import type { AppVersion } from '../app/app-version.js'
import type { Requests } from '../front/requests.js'
import { UNAVAILABLE_HEADERS, unavailableBody } from '../front/unavailable.js'
import { Connection, GOING_AWAY } from './connection.js'
import type { Connections } from './connections.js'

/** What WebSockets of the host may be told: the rest is the routes' affair. */
export type WebSocketOptions = Pick<ServerOptions, 'maxPayload' | 'perMessageDeflate' | 'skipUTF8Validation'>

/** Lets in the WebSockets that the version that serves lets in, and keeps them. */
export class Upgrades {
  readonly #requests: Requests
  readonly #connections: Connections
  readonly #server: WebSocketServer
  readonly #protocols = new WeakMap<IncomingMessage, string>()

  constructor(requests: Requests, connections: Connections, options: WebSocketOptions) {
    this.#requests = requests
    this.#connections = connections
    this.#server = new WebSocketServer({
      ...options,
      noServer: true,
      clientTracking: false,
      // The one that the version has chosen.
      handleProtocols: (_, request) => this.#protocols.get(request) ?? false,
    })
  }

  readonly handle = (request: IncomingMessage, socket: Socket, head: Buffer): void => {
    socket.on('error', () => socket.destroy())
    if (request.headers.upgrade?.toLowerCase() !== 'websocket') {
      this.#asRequest(request, socket)
      return
    }
    let lease: ProviderLease<AppVersion>
    try {
      lease = this.#requests.hold(`WebSocket ${request.url}, its beginning`)
    } catch (error) {
      if (!ReloadError.is(error)) throw error
      end(socket, 503, UNAVAILABLE_HEADERS, unavailableBody(error))
      return
    }
    void this.#open(request, socket, head, lease.provider).finally(() => lease[DISPOSE]())
  }

  async #open(request: IncomingMessage, socket: Socket, head: Buffer, version: AppVersion): Promise<void> {
    const link = version.sockets.link(request)
    const gone = (): void => link.cut()
    socket.once('close', gone)
    const answer = await link.answer
    socket.off('close', gone)
    if (answer.is === 'failed') {
      end(socket, 500, {}, '')
      return
    }
    if (answer.is === 'refused') {
      const { response } = answer
      const body = await textOf(response)
      end(socket, response.statusCode ?? 500, response.headers, body)
      link.cut()
      return
    }
    if (answer.protocol !== '') this.#protocols.set(request, answer.protocol)
    this.#server.handleUpgrade(request, socket, head, (client) => {
      const connection = new Connection(client, request, this.#connections.hold)
      this.#connections.add(connection)
      client.once('close', () => this.#connections.delete(connection))
      connection.switchTo(link)
      if (!version.isServing) this.#handOver(connection)
    })
    // What it refuses, such as a wrong key, it has answered.
    if (socket.destroyed) link.cut()
  }

  /** The version that has let it in was replaced meanwhile. */
  #handOver(connection: Connection): void {
    const lease = this.#connections.hold('WebSocket that is handed over')
    if (lease instanceof Promise) {
      connection.close(GOING_AWAY, '')
      return
    }
    lease.provider.sockets.take(connection)
    lease[DISPOSE]()
  }

  /** What asks for another protocol is answered in this one, as by a server that knows no other. */
  #asRequest(request: IncomingMessage, socket: Socket): void {
    const response = new ServerResponse(request)
    response.shouldKeepAlive = false
    response.assignSocket(socket)
    response.once('finish', () => socket.end())
    this.#requests.handle(request, response)
  }
}

function end(
  socket: Socket,
  status: number,
  headers: Readonly<Record<string, string | readonly string[] | undefined>>,
  body: string | Buffer,
): void {
  const { connection: _, 'transfer-encoding': __, 'content-length': ___, ...rest } = headers
  const lines = Object.entries({
    ...rest,
    connection: 'close',
    'content-length': String(Buffer.byteLength(body)),
  }).flatMap(([name, value]) => [value ?? []].flat().map((one) => `${name}: ${one}`))
  socket.write(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${lines.join('\r\n')}\r\n\r\n`)
  socket.end(body)
}

async function textOf(response: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of response) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}
