import websocket from '@fastify/websocket'
import type { FastifyInstance } from 'fastify'

/** Where visits are counted. */
export type Count = (page: string) => Promise<void> | void
export type CountsOf = () => Promise<Readonly<Record<string, number>>> | Readonly<Record<string, number>>

/** The routes of all servers: visits are counted, and what comes by a WebSocket is sent back. */
export async function visits(fastify: FastifyInstance, count: Count, countsOf: CountsOf): Promise<void> {
  await fastify.register(websocket)
  fastify.post<{ Params: { page: string } }>('/visits/:page', async ({ params }) => {
    await count(params.page)
    return { page: params.page }
  })
  fastify.get('/visits', () => countsOf())
  fastify.get('/echo', { websocket: true }, (socket) => {
    socket.on('message', (text) => socket.send(String(text)))
  })
}
