import { PluginHost } from '@uni/reload-core'
import { describe, expect, it } from 'vitest'
import { refusalOf } from './fixtures/refusal.js'
import { TestPlugin } from './fixtures/test-plugin.js'
import {
  websocketHub,
  websocketHubHandoff,
  type Broadcast,
  type Hub,
  type HubProvider,
  type Seats,
  type Socket,
} from './fixtures/websocket-hub.js'

class TestHub implements Hub {
  readonly #prefix: string
  seats: Seats = []
  closed = 0

  constructor(prefix: string) {
    this.#prefix = prefix
  }

  adopt(seats: Seats): void {
    this.seats = [...seats]
  }

  release(): Seats {
    const { seats } = this
    this.seats = []
    return seats
  }

  broadcast({ room, text }: Broadcast): void {
    for (const [seat, socket] of this.seats) if (seat === room) socket.send(`${this.#prefix} ${text}`)
  }

  close(): void {
    this.closed += 1
  }
}

class Client implements Socket {
  readonly received: string[] = []
  send(text: string): void {
    this.received.push(text)
  }
}

function chat(version: string, more: Partial<HubProvider> = {}) {
  const hubs: TestHub[] = []
  const provider: HubProvider = {
    name: 'chat',
    protocol: 'v1',
    create() {
      const hub = new TestHub(version)
      hubs.push(hub)
      return hub
    },
    ...more,
  }
  return {
    plugin: new TestPlugin('chat', version, {
      register: (registrar) => {
        registrar.provide(websocketHub, provider)
      },
    }),
    hubs,
  }
}

async function hostWithClients() {
  const host = new PluginHost({ strategies: [websocketHubHandoff()] })
  const first = chat('1.0.0')
  const handle = await host.add(first.plugin)
  const clients = [new Client(), new Client()] as const
  const hub = await host.attach(websocketHub, { name: 'lobby', key: 'chat', open: (provider) => provider.create() })
  await hub.use((resource) => resource.adopt(clients.map((client, at) => [`room ${at}`, client] as const)))
  return { host, handle, clients, hub, first }
}

describe('a kind that core does not know', () => {
  it('I4 is handed over by its own strategy: no client is dropped, and no broadcast lost', async () => {
    const { host, handle, clients, hub, first } = await hostWithClients()
    await hub.write({ room: 'room 0', text: 'one' })
    const next = chat('2.0.0')
    const reloading = host.reload(handle, next.plugin)
    const during = hub.write({ room: 'room 0', text: 'two' })
    const { finalized, report } = await reloading
    await during
    await hub.write({ room: 'room 0', text: 'three' })
    expect(clients.map(({ received }) => received.map((text) => text.split(' ')[1]))).toEqual([
      ['one', 'two', 'three'],
      [],
    ])
    expect(clients[0].received.at(-1)).toBe('2.0.0 three')
    expect(report.handoffs).toMatchObject([{ surface: 'websocket-hub', key: 'chat', resource: 'lobby' }])
    expect((await finalized).errors).toEqual([])
    expect({ first: first.hubs, next: next.hubs }).toMatchObject({
      first: [{ closed: 1, seats: [] }],
      next: [{ closed: 0 }],
    })
  })

  it.each<[string, Partial<HubProvider>, string]>([
    [
      'cannot be created',
      {
        create: () => {
          throw new Error('no port')
        },
      },
      'HANDOFF',
    ],
    [
      'does not adopt',
      {
        create: () =>
          Object.assign(new TestHub('2.0.0'), {
            adopt: () => {
              throw new Error('too many')
            },
          }),
      },
      'HANDOFF',
    ],
    ['speaks otherwise', { protocol: 'v2' }, 'SCHEMA_INCOMPAT'],
  ])('I3 where the new one %s, the clients stay where they are', async (_, more, code) => {
    const { host, handle, clients, hub, first } = await hostWithClients()
    expect(await refusalOf(host.reload(handle, chat('2.0.0', more).plugin))).toMatchObject({ code, rollbackErrors: [] })
    await hub.write({ room: 'room 1', text: 'still here' })
    expect(clients[1].received).toEqual(['1.0.0 still here'])
    expect(first.hubs).toMatchObject([{ closed: 0 }])
  })

  it('I4 a hub that cannot take its clients back acknowledges nothing until it has, or another one has taken them', async () => {
    const { host, handle, clients, hub, first } = await hostWithClients()
    const old = first.hubs[0] as TestHub
    old.adopt = () => {
      throw new Error('too many')
    }
    const refusing = chat('2.0.0', {
      create: () =>
        Object.assign(new TestHub('2.0.0'), {
          adopt: () => {
            throw new Error('too many')
          },
        }),
    })
    expect((await refusalOf(host.reload(handle, refusing.plugin))).rollbackErrors).toMatchObject([
      { phase: 'rollback', step: 'adopt' },
    ])
    expect(host.resources()).toMatchObject([{ name: 'lobby', state: 'halted' }])
    expect(await refusalOf(hub.write({ room: 'room 0', text: 'one' }))).toMatchObject({ code: 'RESOURCE_HALTED' })
    const next = chat('2.0.1')
    const { handle: again, finalized } = await host.reload(handle, next.plugin)
    expect((await finalized).errors).toEqual([])
    await hub.write({ room: 'room 0', text: 'two' })
    expect({ received: clients[0].received, closed: old.closed }).toEqual({ received: ['2.0.1 two'], closed: 1 })

    const serving = next.hubs[0] as TestHub
    serving.adopt = old.adopt
    await refusalOf(host.reload(again, refusing.plugin))
    serving.adopt = TestHub.prototype.adopt
    await hub.write({ room: 'room 1', text: 'three' })
    expect(clients[1].received).toEqual(['2.0.1 three'])
    expect(host.resources()).toMatchObject([{ name: 'lobby', state: 'serving' }])
  })

  it('goes through a dry run without moving anybody, and ends with its host', async () => {
    const { host, handle, first } = await hostWithClients()
    const next = chat('2.0.0')
    expect((await host.reload(handle, next.plugin, { dryRun: true })).status).toBe('dry-run')
    expect(first.hubs[0]?.seats).toHaveLength(2)
    expect(next.hubs).toMatchObject([{ closed: 1, seats: [] }])
    await host[Symbol.asyncDispose]()
    expect(first.hubs).toMatchObject([{ closed: 1 }])
  })
})
