import { defineSurface, inPlaceHandoff, type Plugin } from '@uni/reload-core'
import { expect, it } from 'vitest'
import { Gate } from './fixtures/gate.js'
import { handleOf, serve } from './fixtures/serve.js'
import { Disk, editing, storing } from './fixtures/storing.js'

it('H4, I2, I4: documents stay open, clients stay connected, and each edit is stored', async () => {
  const disk = new Disk()
  const { host, server, connect } = await serve({ plugins: [editing('1.0.0', storing(disk, '1.0.0'))] })
  const client = await connect('minutes')
  await client.edit('one ')
  expect(await client.ask('version')).toBe('1.0.0')
  await host.reload(handleOf(host), editing('2.0.0', storing(disk, '2.0.0')))
  await client.edit('two ')
  expect([await client.ask('version'), client.disconnects]).toEqual(['2.0.0', 0])
  await server.destroy()
  expect([disk.text('minutes'), host.plugins(), host.resources()]).toEqual(['one two ', [], []])
})

it('H4, I4: a document is closed and opened again while its version is replaced', async () => {
  const disk = new Disk()
  const { host, server, connect } = await serve({ plugins: [editing('1.0.0', storing(disk, '1.0.0'))] })
  for (let version = 2; version <= 4; version += 1) {
    const client = await connect('minutes')
    const reloading = host.reload(handleOf(host), editing(`${version}.0.0`, storing(disk, `${version}.0.0`)))
    await client.edit(`${version} `)
    client.close()
    const again = await connect('minutes')
    await reloading
    expect([await again.ask('version'), client.disconnects, again.disconnects]).toEqual([`${version}.0.0`, 0, 0])
    again.close()
  }
  await server.destroy()
  expect(disk.text('minutes')).toBe('2 3 4 ')
})

it('H5, I6: a version that cannot read an open document is refused, and the error names the document', async () => {
  const disk = new Disk()
  const { host, connect } = await serve({ plugins: [editing('1.0.0', storing(disk, '1.0.0'))] })
  const client = await connect('plan')
  await client.edit('one ')
  const forgetful = editing('2.0.0', storing(disk, '2.0.0'), {
    read: (document) => {
      throw new Error(`has no idea of "${document.getText('text').toString()}"`)
    },
  })
  await expect(host.reload(handleOf(host), forgetful)).rejects.toMatchObject({
    code: 'SCHEMA_INCOMPAT',
    resource: undefined,
    message: expect.stringContaining('document "plan" cannot be read: has no idea of "one "') as string,
  })
  await client.edit('two ')
  expect([await client.ask('version'), client.disconnects]).toEqual(['1.0.0', 0])
})

it('H5, I6: a version that reads something else is refused, unless an operator accepts it', async () => {
  const disk = new Disk()
  const version = (number: string, length: number): Plugin =>
    editing(number, storing(disk, number), { read: (document) => document.getText('text').toString().slice(0, length) })
  const { host, connect } = await serve({ plugins: [version('1.0.0', 100)] })
  const client = await connect('plan')
  await client.edit('one two')
  await expect(host.reload(handleOf(host), version('2.0.0', 3))).rejects.toThrow(
    'document "plan" reads as something else than with the version that serves',
  )
  const same = await host.reload(handleOf(host), version('3.0.0', 50))
  expect(same.report.compat.map(({ verdict }) => verdict.level)).toEqual(['compatible'])
  const accept = [{ surface: 'hocuspocus-extensions', key: 'editing', reason: 'the rest moves' }]
  await host.reload(same.handle, version('4.0.0', 3), { accept })
  expect(await client.ask('version')).toBe('4.0.0')
})

it('H5, I10: documents of a plugin without read() are unjudged, which the report says', async () => {
  const disk = new Disk()
  const { host, connect } = await serve({ plugins: [editing('1.0.0', storing(disk, '1.0.0'))] })
  await connect('plan')
  const { report } = await host.reload(handleOf(host), editing('2.0.0', storing(disk, '2.0.0')))
  expect(report.compat.map(({ verdict }) => verdict)).toEqual([
    { level: 'unjudged', reason: 'resource "editing/plan": plugin "editing" has no read() to judge it by' },
  ])
})

it('H5, I6: a document that is opened while a version is about to serve is read by it, too', async () => {
  const disk = new Disk()
  disk.write('odd', 'odd one')
  const gate = new Gate()
  const slow = defineSurface<{ readonly name: string; readonly wait: boolean }, object>({
    id: 'slow',
    keyOf: ({ name }) => name,
  })
  const version = (number: string, wait: boolean): Plugin =>
    editing(number, storing(disk, number), {
      extensions: (registrar) => {
        registrar.provide(slow, { name: 'slow', wait })
        return [storing(disk, number)]
      },
      read: (document) => {
        if (wait && document.getText('text').toString().startsWith('odd')) throw new Error('an odd one')
      },
    })
  const strategies = [
    inPlaceHandoff(slow, {
      async view(resource, { wait }) {
        if (wait) await gate.pass()
        return resource
      },
    }),
  ]
  const { host, connect } = await serve({ plugins: [version('1.0.0', false)], strategies })
  await host.attach(slow, { name: 'slow', key: 'slow', open: () => ({}) })
  const reloading = host.reload(handleOf(host), version('2.0.0', true))
  reloading.catch(() => {})
  await gate.reached
  const client = await connect('odd')
  gate.open()
  await expect(reloading).rejects.toThrow('document "odd" cannot be read: an odd one')
  expect([client.text, await client.ask('version'), client.disconnects]).toEqual(['odd one', '1.0.0', 0])
})
