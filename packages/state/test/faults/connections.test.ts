import { runStrategyConformance, type StrategySubject } from '@uni/reload-core/testing'
import { describe, it } from 'vitest'
import { connections, connectionsHandoff, type ConnectionsProvider } from '../../src/index.js'
import { Roster } from '../../src/connections/roster.js'

/** A client, and what it was sent. */
type Client = number[]
type Provider = ConnectionsProvider<Client, number>

const feed = connections<Client, number>('feed')

/** Hubs with one client each, which counts the broadcasts. */
const subject: StrategySubject<Provider, Roster<Client, number>, number> = {
  scene() {
    const clients = new Map<string, Client>()
    return {
      provider: (name) => ({
        name,
        received: async () => {},
        send: async (client, nth) => {
          client.push(nth)
        },
      }),
      resources: {
        open(provider, name) {
          const client = clients.get(name) ?? []
          clients.set(name, client)
          // A hub tells its host; here whoever has sent the broadcast is to know.
          return new Roster(new Set([client]), provider, (error) => {
            throw error
          })
        },
        write: (_name, nth) => nth,
        entries: ({ connections: connected }) => [...connected].flat(),
        madeOf: ({ provider }) => provider,
      },
    }
  },
}

describe('the fault matrix of connections', async () => {
  await runStrategyConformance({ test: it, strategy: connectionsHandoff(feed), subject })
})
