import { HocuspocusProvider, HocuspocusProviderWebsocket } from '@hocuspocus/provider'
import { once } from 'node:events'
import type { AddressInfo, Server } from 'node:net'
import { expect, it, onTestFinished, vi } from 'vitest'
import { WebSocket } from 'ws'
import { Doc } from 'yjs'

const portOf = (server: Pick<Server, 'address'>): number => (server.address() as AddressInfo).port

it('Fastify: requests go to the version that serves, counts stay, and no socket is closed', async () => {
  vi.stubEnv('PORT', '0')
  onTestFinished(() => void vi.unstubAllEnvs())
  const { app } = await import('./fastify/server.js')
  const { port } = app.address() as AddressInfo
  onTestFinished(() => app.close())
  const visit = async (): Promise<unknown> => (await fetch(`http://localhost:${port}/visits/home`, { method: 'POST' })).json()
  const socket = new WebSocket(`ws://localhost:${port}/chat`)
  onTestFinished(() => socket.terminate())
  await once(socket, 'open')
  const say = async (text: string): Promise<string> => {
    const heard = once(socket, 'message') as Promise<[Buffer]>
    socket.send(text)
    return (await heard)[0].toString()
  }
  expect([await visit(), await say('hello')]).toEqual([{ visits: 1 }, 'You said hello'])
  const { finalized } = await app.reload('routes')
  expect(await finalized).toMatchObject({ status: 'finalized' })
  await expect(app.reload('routes', async () => Promise.reject(new Error('no database')))).rejects.toThrow('no database')
  expect([await visit(), await say('again')]).toEqual([{ visits: 2 }, 'You said again'])
  const health = await fetch(`http://localhost:${port}/health`)
  expect(await health.json()).toEqual({ status: 'ok', problems: [] })
})

it('Hocuspocus: documents are judged where they are, clients stay, and each edit is stored', async () => {
  const { handle, host, server } = await import('./hocuspocus-host.js')
  const { editing, stored } = await import('./hocuspocus-editing.js')
  await server.listen()
  const websocketProvider = new HocuspocusProviderWebsocket({
    url: `ws://localhost:${portOf(server.httpServer)}`,
    WebSocketPolyfill: WebSocket,
  })
  let disconnects = 0
  const document = new Doc()
  const client = new HocuspocusProvider({
    websocketProvider, document, name: 'minutes', token: 'none', onDisconnect: () => { disconnects += 1 },
  })
  client.attach()
  onTestFinished(async () => {
    await server.destroy()
    await host.close()
  })
  await new Promise((resolve) => client.on('synced', resolve))
  const versionNow = async (): Promise<string> => {
    const told = new Promise<string>((resolve) => client.on('stateless', ({ payload }: { payload: string }) => { resolve(payload) }))
    client.sendStateless('version')
    return told
  }
  const text = document.getText('text')
  const accepted = async (words: string): Promise<void> => {
    const taken = new Promise<void>((resolve) => client.on('unsyncedChanges', ({ number }: { number: number }) => { if (number === 0) resolve() }))
    text.insert(text.length, words)
    await taken
  }
  await accepted('one ')
  expect(await versionNow()).toBe('1.0.0')
  const { handle: v2 } = await host.reload(handle, editing('2.0.0'))
  await accepted('two ')
  const forgetful = editing('3.0.0', (copy) => { throw new Error(`cannot read "${copy.getText('text').toJSON()}"`) })
  await expect(host.reload(v2, forgetful)).rejects.toThrow('cannot read "one two "')
  expect([await versionNow(), disconnects]).toEqual(['2.0.0', 0])
  const unloaded = new Promise<void>((resolve) => { server.hocuspocus.configuration.extensions.push({ afterUnloadDocument: async () => { resolve() } }) })
  client.destroy()
  websocketProvider.destroy()
  await unloaded
  expect([Buffer.from(stored.get('minutes') as Uint8Array).toString(), host.resources()]).toEqual([expect.stringContaining('one two '), []])
})
