import { readFile } from 'node:fs/promises'
import { expect, it, onTestFinished } from 'vitest'
import { Client } from './fixtures/client.js'

const read = (path: string): Promise<string> => readFile(new URL(path, import.meta.url), 'utf8')

it('the README prints an example of at most 40 lines, which runs', async () => {
  const printed = Array.from((await read('../README.md')).matchAll(/```ts\n(.*?)```/gs), ([, block]) => block)
  const files = await Promise.all(['editing', 'server'].map((name) => read(`fixtures/readme-example/${name}.ts`)))
  expect(printed).toEqual([...files, await read('fixtures/readme-example/counting.ts')])
  expect(files.join('').split('\n').length).toBeLessThanOrEqual(40)
})

it('the example does what the README says', async () => {
  const signals = ['SIGHUP', 'SIGINT', 'SIGQUIT', 'SIGTERM'] as const
  const before = signals.map((signal) => process.listeners(signal))
  process.env['PORT'] = '0'
  const { host, server } = await import('./fixtures/readme-example/server.js')
  const { editing, stored } = await import('./fixtures/readme-example/editing.js')
  onTestFinished(() => {
    for (const [at, signal] of signals.entries()) {
      for (const listener of process.listeners(signal)) {
        if (!before[at]?.includes(listener)) process.off(signal, listener)
      }
    }
  })
  const client = new Client(server.address.port, 'minutes')
  await client.synced
  await client.edit('one ')
  await host.reload(host.plugin('editing')!, editing('2.0.0'))
  await client.edit('two')
  expect([await client.ask('version'), client.disconnects]).toEqual(['2.0.0', 0])
  client.close()
  await server.destroy()
  expect(Buffer.from(stored.get('minutes')!).toString()).toContain('one two')
})

it('H9, I4: a document keeps its state when its version is replaced', async () => {
  process.env['PORT'] = '0'
  const { changes, counting, host, server } = await import('./fixtures/readme-example/counting.js')
  const open = await server.hocuspocus.openDirectConnection('minutes')
  const change = (text: string): Promise<void> => open.transact((document) => document.getText('text').insert(0, text))
  await change('one')
  await host.reload(host.plugin('counting')!, counting('2.0.0'))
  await change('two')
  const counts = host.resource(changes, 'minutes')
  await expect.poll(() => counts.use(({ value }) => [...value])).toEqual([['', 2]])
  await open.disconnect()
  expect(host.resources()).toEqual([])
  await server.destroy()
})
