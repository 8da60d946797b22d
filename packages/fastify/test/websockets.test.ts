import websocket from '@fastify/websocket'
import type { FastifyInstance } from 'fastify'
import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { expect, it } from 'vitest'
import { memoryState, type FastifyPlugin, type MemoryState } from '@uni/reload-fastify'
import { WebSocket } from 'ws'
import { Client, listening } from './fixtures/listening.js'

type Handler = (socket: WebSocket, fastify: FastifyInstance) => void

/** An app with one WebSocket route. */
const chat = (handler: Handler, path = '/chat'): FastifyPlugin =>
  async function chat(fastify: FastifyInstance) {
    await fastify.register(websocket, { options: { handleProtocols: (protocols) => [...protocols].at(-1) ?? false } })
    fastify.get(path, { websocket: true }, (socket) => handler(socket, fastify))
  }

const echo =
  (version: string): Handler =>
  (socket) => {
    socket.on('message', (data, isBinary) => socket.send(isBinary ? data : `${version} ${String(data)}`))
  }

it("W1: a client hears nothing of a reload: its socket is the next version's, and the old one sees it leave by 1012", async () => {
  const seen: unknown[] = []
  const version =
    (name: string): Handler =>
    (socket, fastify) => {
      seen.push(`${name} comes`)
      socket.on('close', (code: number, reason: Buffer) => seen.push(`${name} leaves ${code} ${String(reason)}`))
      echo(name)(socket, fastify)
    }
  const { app, url } = await listening({ plugins: [{ id: 'chat', plugin: chat(version('v1')) }] })
  const client = await Client.connect(`${url}/chat`)
  const { finalized } = await app.reload('chat', chat(version('v2')))
  await finalized
  expect(seen).toEqual(['v1 comes', 'v2 comes', 'v1 leaves 1012 reloaded'])
  expect([await client.ask('hello'), client.socket.readyState]).toEqual(['v2 hello', WebSocket.OPEN])
  client.socket.close(4000, 'bye')
  await expect.poll(() => seen.at(-1)).toBe('v2 leaves 4000 bye')
})

it('W2: a message that has begun ends with its version, which is held, and what comes after goes to the next', async () => {
  let go: () => void = () => {}
  const gate = new Promise<void>((resolve) => (go = resolve))
  const slow: Handler = (socket) => {
    socket.on('message', async (data: Buffer) => {
      await gate
      socket.send(`v1 ${String(data)}`)
    })
  }
  const { app, url } = await listening({ plugins: [{ id: 'chat', plugin: chat(slow) }] })
  const client = await Client.connect(`${url}/chat`)
  client.socket.send('one')
  await expect.poll(() => app.host.plugins()[0]?.heldBy.length).toBe(1)
  const { finalized } = await app.reload('chat', chat(echo('v2')))
  expect(await client.ask('two')).toBe('v2 two')
  expect(app.host.plugins()).toMatchObject([{ state: 'active' }, { heldBy: [{ label: 'WebSocket /chat' }] }])
  go()
  expect(await finalized).toMatchObject({ status: 'finalized' })
  await expect.poll(() => client.heard).toEqual(['v2 two', 'v1 one'])
})

it('W3: a version that would close those who are connected is refused, unless the key is accepted', async () => {
  const { app, url } = await listening({ plugins: [{ id: 'chat', plugin: chat(echo('v1')) }] })
  const client = await Client.connect(`${url}/chat`)
  const gone = chat(echo('v2'), '/talk')
  await expect(app.reload('chat', gone)).rejects.toThrow('/chat answers 404, where 1 are connected')
  expect(await client.ask('hello')).toBe('v1 hello')
  await app.reload('chat', gone, { accept: [{ surface: 'fastify', key: 'app', reason: 'it is /talk now' }] })
  expect(await once(client.socket, 'close')).toEqual([1012, Buffer.from('the route is gone')])
})

it('W4: what a version says before it serves is said when it does, and never where it does not', async () => {
  const { app, url } = await listening({ plugins: [{ id: 'chat', plugin: chat(echo('v1')) }] })
  const client = await Client.connect(`${url}/chat`)
  const greeting: Handler = (socket, fastify) => {
    socket.send('welcome back')
    echo('v2')(socket, fastify)
  }
  await app.reload('chat', chat(greeting), { dryRun: true })
  expect(await client.ask('hello')).toBe('v1 hello')
  await app.reload('chat', chat(greeting))
  await client.ask('hello')
  await expect.poll(() => client.heard).toEqual(['v1 hello', 'welcome back', 'v2 hello'])
})

it('W5: a route sees and says all that a WebSocket has: who asks, protocols, bytes, pings, closing', async () => {
  const requests: unknown[] = []
  const plugin: FastifyPlugin = async (fastify) => {
    await fastify.register(
      chat((socket) => {
        socket.on('message', (data, isBinary) => {
          if (isBinary) socket.send(data)
          else socket.close(4001, 'done')
        })
        socket.on('pong', (data: Buffer) => socket.send(`pong ${String(data)}`))
        socket.ping('there?')
      }),
    )
    fastify.addHook('onRequest', async ({ ip, url, query, headers, raw }, reply) => {
      if (headers['authorization'] !== 'Bearer Ada') return reply.code(401).header('x-why', 'nobody').send('who?')
      requests.push({ ip, url, query, path: raw.url })
    })
    return
  }
  const { url } = await listening({ plugins: [{ id: 'chat', plugin }] })
  const refused = new WebSocket(`${url.replace('http', 'ws')}/chat`)
  const [, response] = (await once(refused, 'unexpected-response')) as [unknown, IncomingMessage]
  expect([response.statusCode, response.headers['x-why']]).toEqual([401, 'nobody'])
  const headers = { authorization: 'Bearer Ada' }
  const client = await Client.connect(`${url}/chat?a=%20b/../c`, ['one', 'two'], { headers })
  expect(client.socket.protocol).toBe('two')
  expect(requests).toEqual([
    { ip: '127.0.0.1', url: '/chat?a=%20b/../c', query: { a: ' b/../c' }, path: '/chat?a=%20b/../c' },
  ])
  await expect.poll(() => client.heard).toEqual(['pong there?'])
  const bytes = once(client.socket, 'message') as Promise<[Buffer, boolean]>
  client.socket.send(Buffer.from([1, 2, 255]))
  expect(await bytes).toEqual([Buffer.from([1, 2, 255]), true])
  client.socket.send('end')
  expect(await once(client.socket, 'close')).toEqual([4001, Buffer.from('done')])
})

it('W6: a hook that waits for a state keeps no reload from its commit, and messages wait for it', async () => {
  const state = {
    names: memoryState<string[], string>({
      initial: () => ['Ada'],
      apply: (names, name) => void names.push(name),
      migrate: (names) => names,
    }),
  }
  const plugin =
    (version: string): FastifyPlugin =>
    async (fastify) => {
      const names = fastify.getDecorator<MemoryState<string[], string>>('names')
      fastify.addHook('onRequest', async () => void (await names.read((all) => all.length)))
      await fastify.register(chat(echo(version)))
    }
  const { app, url } = await listening({ plugins: [{ id: 'chat', plugin: plugin('v1') }], state })
  const client = await Client.connect(`${url}/chat`)
  await app.reload('chat', plugin('v2'))
  expect([await client.ask('hello'), client.heard]).toEqual(['v2 hello', ['v2 hello']])
})

it('W7: messages wait while the app is fenced; who comes then is told to come again', async () => {
  let go: () => void = () => {}
  const gate = new Promise<void>((resolve) => (go = resolve))
  const plugin =
    (version: string): FastifyPlugin =>
    async (fastify) => {
      await fastify.register(chat(echo(version)))
      fastify.get('/slow', async () => gate.then(() => version))
    }
  const { app, url } = await listening({ plugins: [{ id: 'chat', plugin: plugin('v1') }] })
  const client = await Client.connect(`${url}/chat`)
  const slow = fetch(`${url}/slow`)
  await expect.poll(() => app.host.plugins()[0]?.heldBy.length).toBe(1)
  const reload = app.reload('chat', plugin('v2'), { cutover: 'exclusive' })
  await expect.poll(async () => (await fetch(`${url}/fast`)).status).toBe(503)
  const asked = client.ask('hello')
  const refused = new WebSocket(`${url.replace('http', 'ws')}/chat`)
  const [, response] = (await once(refused, 'unexpected-response')) as [unknown, IncomingMessage]
  expect([response.statusCode, response.headers['retry-after']]).toEqual([503, '1'])
  go()
  await slow
  await reload
  expect(await asked).toBe('v2 hello')
})

it('W8: a reload that is taken back has the sockets be those of the old version again', async () => {
  const { app, url } = await listening({ plugins: [{ id: 'chat', plugin: chat(echo('v1')) }] })
  const client = await Client.connect(`${url}/chat`)
  await app.reload('chat', chat(echo('v2')), { bake: { ms: 600_000, healthy: () => true } })
  expect(await client.ask('hello')).toBe('v2 hello')
  expect(await app.takeBack()).toMatchObject({ outcome: 'taken-back' })
  expect(await client.ask('hello')).toBe('v1 hello')
  await app.reload('chat', chat(echo('v3')))
  expect(await client.ask('hello')).toBe('v3 hello')
})
