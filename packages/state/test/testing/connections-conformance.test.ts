import { describe, expect, it } from 'vitest'
import { Recorder } from '../../../cdc/test/support/recorder.js'
import type { ConnectionsProvider } from '../../src/index.js'
import { runConnectionsConformance, type ConnectionFixture } from '../../src/testing/index.js'

interface Client {
  readonly sent: string[]
  open: boolean
}
type Provider = ConnectionsProvider<Client, string>

const sound = (): Provider => ({
  name: 'chat',
  received: (_, message, hub) => hub.broadcast(message),
  send: ({ sent }, message) => void sent.push(message),
})

function connect(): ConnectionFixture<Client> {
  const connection: Client = { sent: [], open: true }
  return { connection, received: () => connection.sent, isOpen: () => connection.open }
}

let sends = 0

const BROKEN: [wrong: string, key: string, Partial<Provider>][] = [
  ['sends nothing', 'broadcast/all', { send: () => {} }],
  ['sends each something else', 'broadcast/all', { send: ({ sent }) => void sent.push(String(sends++)) }],
  ['fails at a message', 'messages/seen-to', { received: () => Promise.reject(new Error('no such command')) }],
  [
    'closes whoever it sends to a third time',
    'reload/open',
    {
      send: (client, message) => {
        client.sent.push(message)
        if (client.sent.length > 2) client.open = false
      },
    },
  ],
]

describe('a sound provider of connections', () => {
  runConnectionsConformance({ test: it, make: sound, connect, messages: ['a', 'b'] })
})

describe('the kit of connections finds', () => {
  it.each(BROKEN)('a provider that %s: %s', async (_, key, provider) => {
    const recorder = new Recorder()
    runConnectionsConformance({
      test: recorder.test,
      make: () => ({ ...sound(), ...provider }),
      connect,
      messages: ['a', 'b'],
    })
    expect([...(await recorder.failures()).keys()]).toContain(key)
  })
})
