import type { FastifyInstance } from 'fastify'
import type { IncomingMessage } from 'node:http'
import type { WebSocket } from 'ws'
import { linkOfRequest } from './link.js'

/** What `@fastify/websocket` adds to a route. */
interface WebSocketRoute {
  websocket?: boolean
  handler?: unknown
  wsHandler?: unknown
}

type Handler = (this: unknown, socket: WebSocket, request: { readonly raw: IncomingMessage }) => unknown

/** Has each message of a WebSocket route hold its version until it was seen to. Before any plugin is registered. */
export function trackedRoutes(fastify: FastifyInstance): void {
  fastify.addHook('onRoute', (route) => {
    const it = route as WebSocketRoute
    if (it.websocket === true) it.handler = tracked(it.handler)
    if (it.wsHandler !== undefined) it.wsHandler = tracked(it.wsHandler)
  })
}

function tracked(handler: unknown): unknown {
  // What is no function is refused by whoever is to call it.
  if (typeof handler !== 'function') return handler
  return function handleTracked(this: unknown, ...given: Parameters<Handler>): unknown {
    const [socket, request] = given
    linkOfRequest(request.raw)?.track(socket)
    return Reflect.apply(handler, this, given)
  }
}
