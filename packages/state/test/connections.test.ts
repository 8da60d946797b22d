import { PluginHost, type Plugin, type PluginHandle } from '@uni/reload-core'
import { describe, expect, it } from 'vitest'
import { Deferred, turn } from '../../core/test/fixtures/deferred.js'
import { connections, connectionsHandoff, openHub, type ConnectionsProvider, type Hub } from '../src/index.js'

/** A connection of the host's: what was sent to it. */
interface Client {
  readonly name: string
  readonly sent: string[]
}
type Provider = ConnectionsProvider<Client, string>

const chat = connections<Client, string>('chat')

interface Scene {
  readonly host: PluginHost
  readonly handle: PluginHandle
  readonly hub: Hub<Client, string>
  readonly errors: string[]
  /** What versions saw to, in order. */
  readonly seen: string[]
  plugin(version: string, provider?: Partial<Provider>): Plugin
}

async function scene(provider: Partial<Provider> = {}): Promise<Scene> {
  const [seen, errors]: [string[], string[]] = [[], []]
  const host = new PluginHost({ strategies: [connectionsHandoff(chat)] })
  const plugin: Scene['plugin'] = (version, given = {}) => ({
    manifest: { id: 'chat', version: `${version}.0.0` },
    register: (registrar) =>
      void registrar.provide(chat, {
        name: 'lobby',
        joined: ({ name }) => void seen.push(`${version} joined ${name}`),
        left: ({ name }) => void seen.push(`${version} left ${name}`),
        received: async ({ name }, message, hub) => {
          seen.push(`${version} ${name}: ${message}`)
          await hub.broadcast(`${name}: ${message}`)
        },
        send: ({ sent }, message) => void sent.push(`${version} ${message}`),
        ...given,
      }),
  })
  const handle = await host.add(plugin('1', provider))
  const hub = await openHub(host, chat, {
    name: 'main',
    key: 'lobby',
    onError: (error, { name }) => void errors.push(`${name}: ${(error as Error).message}`),
  })
  return { host, handle, hub, errors, seen, plugin }
}

const clients = (...names: string[]): Client[] => names.map((name) => ({ name, sent: [] }))

describe('connections', () => {
  it('N1 are served by the current version; a reload closes none, and each broadcast reaches each once', async () => {
    const { host, handle, hub, seen, plugin } = await scene()
    const [ann, bob] = clients('ann', 'bob') as [Client, Client]
    await Promise.all([hub.add(ann), hub.add(bob)])
    await hub.receive(ann, 'hello')
    await host.reload(handle, plugin('2'))
    await hub.receive(bob, 'hi')
    await hub.remove(bob)
    await hub.broadcast('news')
    expect(ann.sent).toEqual(['1 ann: hello', '2 bob: hi', '2 news'])
    expect(bob.sent).toEqual(['1 ann: hello', '2 bob: hi'])
    expect(seen).toEqual(['1 joined ann', '1 joined bob', '1 ann: hello', '2 bob: hi', '2 left bob'])
    expect([...hub.connections]).toEqual([ann])
  })

  it('N2 each has its messages seen to one at a time, in order, whichever version it is', async () => {
    const slow = new Deferred()
    const { host, handle, hub, seen, plugin } = await scene({
      received: async (_, message) => {
        await slow.promise
        seen.push(`1 ${message}`)
      },
    })
    const [ann] = clients('ann') as [Client]
    const messages = [hub.add(ann), hub.receive(ann, 'a'), hub.receive(ann, 'b')]
    await turn()
    await host.reload(handle, plugin('2'))
    slow.resolve()
    await Promise.all(messages)
    expect(seen).toEqual(['1 joined ann', '1 a', '2 ann: b'])
  })

  it('N2 one that is busy keeps no other waiting', async () => {
    const slow = new Deferred()
    const { hub, seen } = await scene({
      received: async ({ name }) => {
        if (name === 'ann') await slow.promise
        seen.push(name)
      },
    })
    const [ann, bob] = clients('ann', 'bob') as [Client, Client]
    const busy = hub.receive(ann, 'x')
    await hub.receive(bob, 'x')
    expect(seen).toEqual(['bob'])
    slow.resolve()
    await busy
  })

  it('N3 I4 get everything once and in order through twenty reloads under load, half of them exclusive', async () => {
    const { host, handle, hub, plugin } = await scene()
    const people = clients(...Array.from({ length: 10 }, (_, at) => `p${at}`))
    await Promise.all(people.map((client) => hub.add(client)))
    const over = new AbortController()
    const talk = people.map(async (client) => {
      for (let at = 0; !over.signal.aborted || at < 20; at += 1) await hub.receive(client, String(at))
    })
    let current = handle
    for (let version = 2; version < 22; version += 1) {
      const cutover = version % 2 === 0 ? 'overlap' : 'exclusive'
      ;({ handle: current } = await host.reload(current, plugin(String(version)), { cutover }))
    }
    over.abort()
    await Promise.all(talk)
    const [first] = people as [Client]
    const told = (client: Client): string[] => client.sent.map((line) => line.slice(line.indexOf(' ') + 1))
    for (const client of people) expect(told(client)).toEqual(told(first))
    for (const { name } of people) {
      const numbers = told(first).flatMap((line) => (line.startsWith(`${name}: `) ? [Number(line.slice(4))] : []))
      expect(numbers).toEqual(numbers.map((_, at) => at))
    }
    expect(told(first).length).toBeGreaterThanOrEqual(200)
  })

  it('N4 I6 whose protocol is not that of the new version are not given to it', async () => {
    const { host, handle, hub, plugin } = await scene({ protocol: 'v1' })
    const [ann] = clients('ann') as [Client]
    await hub.add(ann)
    await expect(host.reload(handle, plugin('2', { protocol: 'v2' }))).rejects.toMatchObject({
      code: 'SCHEMA_INCOMPAT',
      message: expect.stringContaining('1 connected clients speak v1, and not v2'),
    })
    await hub.receive(ann, 'hello')
    expect(ann.sent).toEqual(['1 ann: hello'])
    await hub.remove(ann)
    await host.reload(handle, plugin('2', { protocol: 'v2' }))
    expect(host.plugins()[0]).toMatchObject({ version: '2.0.0', state: 'active' })
  })

  it('N5 one that fails is told, and keeps no other from what is sent', async () => {
    const { hub, errors } = await scene({
      send: ({ name, sent }, message) => {
        if (name === 'ann') throw new Error('socket closed')
        sent.push(message)
      },
      received: () => Promise.reject(new Error('no such command')),
    })
    const [ann, bob] = clients('ann', 'bob') as [Client, Client]
    await Promise.all([hub.add(ann), hub.add(bob)])
    await hub.broadcast('news')
    await hub.receive(bob, 'x')
    expect({ errors, sent: bob.sent }).toEqual({
      errors: ['ann: socket closed', 'bob: no such command'],
      sent: ['news'],
    })
  })

  it("N6 stay the host's when the hub is closed", async () => {
    const { host, hub } = await scene()
    const [ann] = clients('ann') as [Client]
    void hub.receive(ann, 'last')
    await hub.add(ann)
    await hub.close()
    expect(host.resources()).toEqual([])
    await expect(hub.broadcast('late')).rejects.toMatchObject({ code: 'RESOURCE_CLOSED' })
  })

  it('N6 may end after their host, of which nothing but a message is an error', async () => {
    const { host, hub, errors } = await scene()
    const [ann] = clients('ann') as [Client]
    await hub.add(ann)
    await host.close()
    await hub.receive(ann, 'late')
    await hub.remove(ann)
    expect({ errors, connections: hub.connections.size }).toEqual({
      errors: [expect.stringMatching(/^ann: HOST_CLOSED/)],
      connections: 0,
    })
  })
})
