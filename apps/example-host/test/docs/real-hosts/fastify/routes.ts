import websocket from '@fastify/websocket'
import { memoryState, type StateOf } from '@uni/reload-fastify'
import type { FastifyInstance } from 'fastify'

export const state = {
  counts: memoryState<Map<string, number>, string>({
    initial: () => new Map(),
    apply: (counts, page) => { counts.set(page, (counts.get(page) ?? 0) + 1) },
  }),
}

declare module 'fastify' {
  interface FastifyInstance extends StateOf<typeof state> {}
}

export default async (fastify: FastifyInstance) => {
  await fastify.register(websocket)
  fastify.post<{ Params: { page: string } }>('/visits/:page', async ({ params: { page } }) => {
    await fastify.counts.write(page)
    return { visits: await fastify.counts.read((counts) => counts.get(page)) }
  })
  fastify.get('/chat', { websocket: true }, (socket) => {
    socket.on('message', (text) => { socket.send(`You said ${String(text)}`) })
  })
}
