import type { Extension } from '@hocuspocus/server'
import { expect, it, vi } from 'vitest'
import { Gate } from './fixtures/gate.js'
import { handleOf, serve } from './fixtures/serve.js'
import { Disk, editing, storing } from './fixtures/storing.js'

/** A version with a request that keeps an exclusive reload from going on. */
const slow = (disk: Disk, number: string, gate: Gate, calls: string[]): Extension => ({
  ...storing(disk, number),
  onRequest: () => gate.pass(),
  onChange: async ({ document }) => void calls.push(`${number} ${document.getText('text').toString()}`),
  onDestroy: async () => void calls.push(`destroy ${number}`),
})

it('H7: hooks wait while their plugin is replaced exclusively, in order, and no client is disconnected', async () => {
  const [disk, gate, calls] = [new Disk(), new Gate(), [] as string[]]
  const { host, server, connect } = await serve({
    plugins: [editing('1.0.0', slow(disk, '1', gate, calls))],
    patienceMs: 600_000,
  })
  const clients = await Promise.all(Array.from({ length: 3 }, (_, at) => connect(`document ${at}`)))
  const request = fetch(`http://127.0.0.1:${server.address.port}`)
  await gate.reached
  const reloading = host.reload(handleOf(host), editing('2.0.0', slow(disk, '2', gate, calls)), {
    cutover: 'exclusive',
  })
  const edits = clients.map((client, at) => client.edit(`${at}`))
  const opened = connect('another')
  gate.open()
  await (await request).text()
  const { finalized } = await reloading
  await finalized
  await Promise.all(edits)
  expect(calls.filter((call) => call !== 'destroy 1')).toEqual(['2 0', '2 1', '2 2'])
  expect(await (await opened).ask('version')).toBe('2')
  expect([...clients, await opened].map(({ disconnects }) => disconnects)).toEqual([0, 0, 0, 0])
})

it('H7: after a while hooks go on with the version that served before the fence', async () => {
  const [disk, gate, calls] = [new Disk(), new Gate(), [] as string[]]
  const { host, server, connect } = await serve({
    plugins: [editing('1.0.0', slow(disk, '1', gate, calls))],
    patienceMs: 1,
  })
  const client = await connect('minutes')
  const request = fetch(`http://127.0.0.1:${server.address.port}`)
  await gate.reached
  const reloading = host.reload(handleOf(host), editing('2.0.0', slow(disk, '2', gate, calls)), {
    cutover: 'exclusive',
  })
  await client.edit('one')
  const other = await connect('another')
  await other.edit('two')
  await vi.waitUntil(() => calls.length === 2, { timeout: 900_000 })
  expect(calls.splice(0)).toEqual(['1 one', '1 two'])
  const third = await connect('third')
  third.close()
  await vi.waitUntil(() => server.hocuspocus.getDocumentsCount() === 2, { timeout: 900_000 })
  gate.open()
  await (await request).text()
  const { finalized } = await reloading
  await finalized
  await client.edit(' three')
  await other.edit(' four')
  await vi.waitUntil(() => calls.length === 3, { timeout: 900_000 })
  expect(calls).toEqual(['destroy 1', '2 one three', '2 two four'])
  expect([client.disconnects, other.disconnects]).toEqual([0, 0])
})
