import { createServer as createHttpServer, type RequestListener, type Server } from 'node:http'
import {
  createSecureServer,
  createServer as createHttp2Server,
  type Http2Server,
  type ServerOptions as Http2Options,
  type ServerHttp2Session,
} from 'node:http2'
import { createServer as createHttpsServer } from 'node:https'
import type { ServerOptions } from './server-options.js'

/** As Fastify has them where nothing is said. */
const KEEP_ALIVE_MS = 72_000
const SESSION_MS = 72_000

/** A server of HTTP/1 or HTTP/2, and how what is connected to it is closed. */
export interface Listening {
  readonly server: Server | Http2Server
  /** Lets go of who asks for nothing now; whoever does is let go of afterwards. */
  closeIdle(): void
  closeAll(): void
}

/** The server that Fastify would make of these options. */
export function createServer(options: ServerOptions, handler: RequestListener): Listening {
  const { http, https, http2 = false, connectionTimeout = 0 } = options
  if (http2) {
    const listener = handler as unknown as Parameters<typeof createHttp2Server>[1]
    const server = https
      ? createSecureServer(https, listener)
      : createHttp2Server((http ?? {}) as Http2Options, listener)
    const sessions = new Set<ServerHttp2Session>()
    server.on('session', (session: ServerHttp2Session) => {
      sessions.add(session)
      session.once('close', () => sessions.delete(session))
      session.setTimeout(options.http2SessionTimeout ?? SESSION_MS, () => session.close())
    })
    server.setTimeout(connectionTimeout)
    const each = (close: (session: ServerHttp2Session) => void) => (): void => [...sessions].forEach(close)
    return { server, closeIdle: each((session) => session.close()), closeAll: each((session) => session.destroy()) }
  }
  const server = https ? createHttpsServer(https, handler) : createHttpServer(http ?? {}, handler)
  server.keepAliveTimeout = options.keepAliveTimeout ?? KEEP_ALIVE_MS
  server.requestTimeout = options.requestTimeout ?? 0
  server.setTimeout(connectionTimeout)
  const { maxRequestsPerSocket = 0 } = options
  if (maxRequestsPerSocket > 0) server.maxRequestsPerSocket = maxRequestsPerSocket
  return {
    server,
    closeIdle: () => server.closeIdleConnections(),
    closeAll: () => server.closeAllConnections(),
  }
}
