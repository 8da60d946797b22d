import type { Extension } from '@hocuspocus/server'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { handleOf, serve } from './fixtures/serve.js'
import { Disk, editing, storing } from './fixtures/storing.js'

// Hocuspocus tells of each store that fails.
beforeEach(() => void vi.spyOn(console, 'error').mockImplementation(() => {}))
afterEach(() => void vi.restoreAllMocks())

/** A version whose stores fail. */
const failing = (disk: Disk, failed: () => void): Extension => ({
  ...storing(disk, '1'),
  async onStoreDocument() {
    failed()
    throw new Error('the disk is full')
  },
})

it('H8, I4: a document whose store fails stays, and is stored by the version that serves then', async () => {
  const disk = new Disk()
  let failures = 0
  const { host, server, connect } = await serve({
    plugins: [
      editing(
        '1.0.0',
        failing(disk, () => (failures += 1)),
      ),
    ],
  })
  const client = await connect('minutes')
  await client.edit('one')
  client.close()
  await vi.waitUntil(() => failures > 0, { timeout: 900_000 })
  expect(server.hocuspocus.getDocumentsCount()).toBe(1)
  await host.reload(handleOf(host), editing('2.0.0', storing(disk, '2')))
  await vi.waitUntil(() => server.hocuspocus.getDocumentsCount() === 0, { timeout: 900_000 })
  expect([disk.text('minutes'), host.resources()]).toEqual(['one', []])
})

it('H8, I10: destroy stores what is pending, and says what could not be stored', async () => {
  const disk = new Disk()
  const { server, host, connect } = await serve({
    plugins: [editing('1.0.0', { ...failing(disk, () => {}), onDestroy: async () => disk.write('ended', 'yes') })],
    storeMs: 50,
  })
  await (await connect('minutes')).edit('one')
  await expect(server.destroy()).rejects.toMatchObject({
    code: 'STEP_TIMEOUT',
    message:
      'STEP_TIMEOUT (hocuspocus-extensions, onStoreDocument): a document ("minutes") could not be stored within 50 ms: ' +
      'the disk is full. What clients have not kept of their last edits is lost: ' +
      'mend what stores them before you end the process.',
  })
  expect([disk.text('ended'), host.plugins()]).toEqual(['yes', []])
})

it('H8: a store that succeeds the second time loses nothing at the end', async () => {
  const disk = new Disk()
  let tries = 0
  const once: Extension = {
    ...storing(disk, '1'),
    async onStoreDocument({ documentName, document }) {
      tries += 1
      if (tries === 1) throw new Error('busy')
      disk.store(documentName, document)
    },
  }
  const { server, connect } = await serve({ plugins: [editing('1.0.0', once)] })
  await (await connect('minutes')).edit('one')
  await server.destroy()
  expect([disk.text('minutes'), tries]).toEqual(['one', 2])
})

it('H8: a Hocuspocus without a server stores what is pending when it is closed', async () => {
  const disk = new Disk()
  const { Hocuspocus } = await import('@hocuspocus/server')
  const { reloadHocuspocus } = await import('../src/index.js')
  const hocuspocus = new Hocuspocus({ quiet: true, debounce: 60_000, unloadImmediately: false })
  const { host, close } = await reloadHocuspocus(hocuspocus, { plugins: [editing('1.0.0', storing(disk, '1'))] })
  const connection = await hocuspocus.openDirectConnection('minutes')
  await connection.transact((document) => document.getText('text').insert(0, 'one'))
  await connection.disconnect({ unloadImmediately: false })
  await host.reload(handleOf(host), editing('2.0.0', storing(disk, '2')))
  await close()
  expect([disk.text('minutes'), hocuspocus.getDocumentsCount()]).toEqual(['one', 0])
})
