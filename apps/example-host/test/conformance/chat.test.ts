import { once } from 'node:events'
import type { ConnectionsProvider } from '@uni/reload-state'
import { runConnectionsConformance, type ConnectionFixture } from '@uni/reload-state/testing'
import { afterAll, describe, test } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { chat, type ChatSocket } from '../../src/plugins/chat/contract.js'
import { chatEntry as entry } from '../../src/plugins/chat/entry.js'
import { providerOf } from '../plugins/support/providers.js'

const server = new WebSocketServer({ host: '127.0.0.1', port: 0 })
await once(server, 'listening')
afterAll(() => {
  for (const socket of server.clients) socket.terminate()
  server.close()
})

/** A socket of the server's, and the one at its other end. */
async function connect(): Promise<ConnectionFixture<ChatSocket>> {
  const { port } = server.address() as { readonly port: number }
  const client = new WebSocket(`ws://127.0.0.1:${port}`)
  const received: unknown[] = []
  client.on('message', (data) => received.push(JSON.parse(String(data))))
  const [connection] = (await once(server, 'connection')) as [WebSocket]
  if (client.readyState !== WebSocket.OPEN) await once(client, 'open')
  return {
    connection,
    // What was sent before a ping has come by the time that its pong has.
    async received() {
      const answered = once(connection, 'pong')
      connection.ping()
      await answered
      return received
    },
    isOpen: () => client.readyState === WebSocket.OPEN && connection.readyState === WebSocket.OPEN,
  }
}

describe.each(['v1', 'v2'] as const)('chat %s keeps the rules of connections', (version) => {
  const make = (): ConnectionsProvider<ChatSocket, string> => providerOf(entry[version](), chat)
  runConnectionsConformance({ test, make, connect, messages: ['hello', '', 'Grüße 🎬'] })
})
