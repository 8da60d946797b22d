import type { Extension } from '@hocuspocus/server'
import { expect, it } from 'vitest'
import { extensionPlugin } from '../src/index.js'
import { Gate } from './fixtures/gate.js'
import { handleOf, serve } from './fixtures/serve.js'
import { Disk, editing, storing } from './fixtures/storing.js'

const noting = (calls: string[], name: string, priority?: number): Extension => ({
  ...(priority !== undefined && { priority }),
  onRequest: async () => void calls.push(name),
})

it('H2: extensions of the server and of all plugins are called in one order', async () => {
  const calls: string[] = []
  const plugin = (id: string, version: string) =>
    extensionPlugin({
      manifest: { id, version },
      extensions: () => [noting(calls, `${id} 50`, 50), noting(calls, `${id} 100`), noting(calls, `${id} 300`, 300)],
    })
  const { host, server } = await serve(
    { plugins: [plugin('one', '1.0.0'), plugin('other', '1.0.0')] },
    {
      extensions: [noting(calls, 'server 200', 200), noting(calls, 'server 100')],
      onRequest: async () => void calls.push('configuration'),
    },
  )
  const request = async (): Promise<string[]> => {
    calls.length = 0
    await (await fetch(`http://127.0.0.1:${server.address.port}`)).text()
    return [...calls]
  }
  const order = [
    'one 300',
    'other 300',
    'server 200',
    'server 100',
    'one 100',
    'other 100',
    'one 50',
    'other 50',
    'configuration',
  ]
  expect(await request()).toEqual(order)
  await host.reload(host.plugin('one')!, plugin('one', '2.0.0'))
  expect(await request()).toEqual(order)
  await host.remove(host.plugin('one')!)
  expect(await request()).toEqual(order.filter((name) => !name.startsWith('one')))
})

it('H1, I1, I7: a chain ends with the versions that it began with, and they are not destroyed before', async () => {
  const [gate, calls] = [new Gate(), [] as string[]]
  const version = (number: string): Extension => ({
    onRequest: async () => void calls.push(`request ${number}`),
    onDestroy: async () => void calls.push(`destroy ${number}`),
  })
  const { host, server } = await serve(
    { plugins: [editing('1.0.0', version('1'))] },
    { extensions: [{ onRequest: () => (calls.length === 0 ? gate.pass() : Promise.resolve()) }] },
  )
  const request = async (): Promise<string> => (await fetch(`http://127.0.0.1:${server.address.port}`)).text()
  const began = request()
  await gate.reached
  const { finalized } = await host.reload(handleOf(host), editing('2.0.0', version('2')))
  expect(calls).toEqual([])
  gate.open()
  await began
  await finalized
  expect(calls).toEqual(['request 1', 'destroy 1'])
  await request()
  expect(calls.at(-1)).toBe('request 2')
})

it('H1: what a hook brings about is seen to by the versions of its chain', async () => {
  const [gate, disk, calls] = [new Gate(), new Disk(), [] as string[]]
  const version = (number: string): Extension => ({
    ...storing(disk, number),
    async onRequest({ instance }) {
      if (number === '1') await gate.pass()
      const connection = await instance.openDirectConnection('log')
      await connection.transact((document) => document.getText('text').insert(0, number))
      await connection.disconnect()
    },
    onLoadDocument: async () => void calls.push(`load ${number}`),
    onStoreDocument: async () => void calls.push(`store ${number}`),
  })
  const { host, server } = await serve({ plugins: [editing('1.0.0', version('1'))] })
  const began = fetch(`http://127.0.0.1:${server.address.port}`)
  await gate.reached
  // It waits for the request, which would otherwise wait for it.
  const reloading = host.reload(handleOf(host), editing('2.0.0', version('2')), { cutover: 'exclusive' })
  gate.open()
  await (await began).text()
  await reloading
  expect(calls).toEqual(['load 1', 'store 1'])
})

it('H3, I7: each version is configured once before it serves, and destroyed once', async () => {
  const calls: string[] = []
  const version = (number: string): Extension => ({
    async onConfigure({ version: hocuspocus, instance, configuration }) {
      expect([instance.configuration === configuration, hocuspocus]).toEqual([true, expect.stringMatching(/^4\./)])
      calls.push(`configure ${number}`)
    },
    onListen: async ({ port }) => void calls.push(`listen ${number} ${port > 0}`),
    onDestroy: async () => void calls.push(`destroy ${number}`),
  })
  const { host, server, connect } = await serve({ plugins: [editing('1.0.0', version('1'))] })
  await connect('minutes')
  expect(calls).toEqual(['configure 1', 'listen 1 true'])
  const refused = editing('2.0.0', version('2'), { read: () => Promise.reject(new Error('unreadable')) })
  await expect(host.reload(handleOf(host), refused)).rejects.toThrow('unreadable')
  expect(calls.splice(2)).toEqual(['configure 2', 'destroy 2'])
  const { handle, finalized } = await host.reload(handleOf(host), editing('3.0.0', version('3')), {
    bake: { ms: 60_000, healthy: () => true },
  })
  await host.takeBack(handle)
  await finalized
  expect(calls.splice(2)).toEqual(['configure 3', 'listen 3 true', 'destroy 3'])
  await server.destroy()
  expect(calls.splice(2)).toEqual(['destroy 1'])
})

it('H3, I3: a version whose onConfigure fails is refused', async () => {
  const disk = new Disk()
  const { host, connect } = await serve({ plugins: [editing('1.0.0', storing(disk, '1.0.0'))] })
  const client = await connect('minutes')
  const broken: Extension = { onConfigure: async () => Promise.reject(new Error('no database')) }
  await expect(host.reload(handleOf(host), editing('2.0.0', broken))).rejects.toMatchObject({
    plugin: 'editing@2.0.0',
    step: 'onConfigure',
    message: expect.stringContaining('no database') as string,
  })
  const other = extensionPlugin({ manifest: { id: 'other', version: '1.0.0' }, extensions: () => [broken] })
  await expect(host.add(other)).rejects.toThrow('no database')
  expect([await client.ask('version'), client.disconnects]).toEqual(['1.0.0', 0])
})

it('H6: a version that comes is told of each open document once, before any other hook of it', async () => {
  const [gate, disk, calls] = [new Gate(), new Disk(), [] as string[]]
  const version = (number: string): Extension => ({
    ...storing(disk, number),
    async afterLoadDocument({ documentName, document }) {
      if (number === '2') await gate.pass()
      calls.push(`${number} loaded ${documentName} ${document.getText('text').toString()}`)
    },
    onChange: async ({ documentName }) => void calls.push(`${number} changed ${documentName}`),
  })
  const { host, connect, errors } = await serve({ plugins: [editing('1.0.0', version('1'))] })
  const client = await connect('minutes')
  await client.edit('one')
  expect(calls.splice(0)).toEqual(['1 loaded minutes ', '1 changed minutes'])
  const bake = { bake: { ms: 60_000, healthy: () => true } }
  const { handle } = await host.reload(handleOf(host), editing('2.0.0', version('2')), bake)
  await gate.reached
  const edited = client.edit(' two')
  gate.open()
  await edited
  expect(calls.splice(0)).toEqual(['2 loaded minutes one', '2 changed minutes'])
  const other = await connect('plan')
  expect(calls.splice(0)).toEqual(['2 loaded plan '])
  // Taken back, the first version knows the one document, and not the other.
  await host.takeBack(handle)
  await Promise.all([client.edit(' three'), other.edit('four')])
  expect(calls.splice(0).sort()).toEqual(['1 changed minutes', '1 changed plan', '1 loaded plan '])
  expect([client.disconnects, other.disconnects, errors]).toEqual([0, 0, []])
})

it('H6: a plugin that is added is told of what is open, and what that throws fails nothing', async () => {
  const [disk, calls] = [new Disk(), [] as string[]]
  const { host, connect, errors } = await serve({ plugins: [editing('1.0.0', storing(disk, '1.0.0'))] })
  const client = await connect('minutes')
  const extensions = (): Extension[] => [
    { afterLoadDocument: async () => Promise.reject(new Error('no index')) },
    {
      afterLoadDocument: async ({ documentName }) => void calls.push(`loaded ${documentName}`),
      onChange: async () => void calls.push('changed'),
    },
  ]
  await host.add(extensionPlugin({ manifest: { id: 'index', version: '1.0.0' }, extensions }))
  await client.edit('one')
  expect(calls).toEqual(['loaded minutes', 'changed'])
  expect([client.disconnects, errors]).toEqual([0, [new Error('no index')]])
  await host.remove(host.plugin('index')!, { onOrphan: 'close' })
  await client.edit('two')
  expect(calls).toHaveLength(2)
})
