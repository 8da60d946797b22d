import Fastify from 'fastify'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Plugin } from '@uni/reload-core'
import { service } from '@uni/reload-core/surfaces'
import { connections, memory, openMemory } from '@uni/reload-state'
import type { WebSocket } from 'ws'

export interface Web { handle(request: IncomingMessage, response: ServerResponse): ServerResponse }
export const visits = memory<Map<string, number>, string>('visits')
export const chat = connections<WebSocket, string>('chat')

export function pages(version: string): Plugin {
  const app = Fastify()
  const web: Web = { handle(request, response) { app.routing(request, response); return response } }
  return {
    manifest: { id: 'pages', version },
    register(registrar) {
      registrar
        .provide(service, { name: 'web', service: web })
        .provide(visits, {
          name: 'visits', initial: () => new Map(), apply: (counts, page) => { counts.set(page, (counts.get(page) ?? 0) + 1) },
        })
        .provide(chat, {
          name: 'lobby',
          received: (_, text, lobby) => lobby.broadcast(`${version} ${text}`),
          send: (socket, text) => { socket.send(text) },
        })
      const counts = registrar.open(visits, { name: 'visits', key: 'visits', open: openMemory() })
      app.post<{ Params: { page: string } }>('/:page', async ({ params: { page } }) => {
        await counts.write(page)
        return { version, visits: await counts.use(({ value }) => value.get(page)) }
      })
    },
    async init() { await app.ready() },
    async shutdown() { await app.close() },
  }
}
