import { test } from 'node:test'
import { runConnectionsConformance, runMemoryConformance, runTimersConformance } from '@uni/reload-state/testing'
import { z } from 'zod'

runMemoryConformance({
  test,
  make: () => ({
    name: 'visits',
    schema: z.map(z.string(), z.number()),
    initial: () => new Map(),
    apply: (counts, page) => { counts.set(page, (counts.get(page) ?? 0) + 1) },
  }),
  writes: ['/home', '/about', '/home'],
})

runTimersConformance({
  test,
  make: () => ({ name: 'mail', schema: z.string(), fire: async () => {} }),
  payloads: ['invoice 17'],
  refuses: [17],
})

runConnectionsConformance({
  test,
  make: () => ({
    name: 'lobby',
    received: (_socket, text, hub) => hub.broadcast(text),
    send: (socket, text) => { socket.send(text) },
  }),
  // A socket for tests: what is sent to it, it has received.
  connect() {
    const received = []
    return { connection: { send: (text) => { received.push(text) } }, received: () => received, isOpen: () => true }
  },
  messages: ['hello', 'bye'],
})
