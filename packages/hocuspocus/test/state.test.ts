import type { Extension } from '@hocuspocus/server'
import { memory, memoryHandoff, openMemory } from '@uni/reload-state'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { documentState, stateOf } from '../src/index.js'
import { serve } from './fixtures/serve.js'
import { Disk, editing, storing } from './fixtures/storing.js'

// Hocuspocus tells of each hook that fails.
beforeEach(() => void vi.spyOn(console, 'error').mockImplementation(() => {}))
afterEach(() => void vi.restoreAllMocks())

it('H9: a state is there from the first hook of its document to the last, and is saved', async () => {
  const notes = memory<string[], string>('notes')
  const [disk, saved] = [new Disk(), new Map<string, unknown>()]
  const extension: Extension = {
    ...storing(disk, '1'),
    onLoadDocument: ({ document }) => stateOf(document, notes).write('load'),
    afterLoadDocument: ({ document }) => stateOf(document, notes).write('loaded'),
    beforeUnloadDocument: ({ document }) => stateOf(document, notes).write('unload'),
  }
  const { server, connect } = await serve({
    plugins: [
      editing('1.0.0', extension, {
        extensions(registrar) {
          registrar.provide(notes, { name: 'notes', initial: () => [], apply: (list, note) => void list.push(note) })
          return [extension]
        },
      }),
    ],
    strategies: [memoryHandoff(notes)],
    documentStates: [
      documentState({
        surface: notes,
        key: 'notes',
        open: openMemory(),
        save: (list, name) => void saved.set(name, list.image()),
      }),
    ],
  })
  const { document } = (await connect('minutes')).provider
  expect(document.getText('text').length).toBe(0)
  const open = server.hocuspocus.documents.get('minutes')!
  await server.destroy()
  expect(saved).toEqual(new Map([['minutes', ['load', 'loaded', 'unload']]]))
  expect(() => stateOf(open, notes)).toThrow('document "minutes" has no state of the surface "notes". Give it to')
})

it('H9: nothing stays open of a document that cannot be loaded', async () => {
  const notes = memory<string[], string>('notes')
  const broken = (hook: 'onLoadDocument' | 'afterLoadDocument'): Extension => ({
    [hook]: async () => Promise.reject(new Error('unloadable')),
  })
  for (const hook of ['onLoadDocument', 'afterLoadDocument'] as const) {
    const { host, server } = await serve({
      plugins: [
        editing('1.0.0', broken(hook), {
          extensions(registrar) {
            registrar.provide(notes, { name: 'notes', initial: () => [], apply: () => {} })
            return [broken(hook)]
          },
        }),
      ],
      strategies: [memoryHandoff(notes)],
      documentStates: [documentState({ surface: notes, key: 'notes', open: openMemory() })],
    })
    await expect(server.hocuspocus.openDirectConnection('minutes')).rejects.toThrow('unloadable')
    await expect.poll(() => host.resources()).toEqual([])
  }
})

it('H10: after the end of the host nobody is let in, and what only watches is no error', async () => {
  const disk = new Disk()
  const watched: string[] = []
  const { host, server } = await serve(
    { plugins: [editing('1.0.0', storing(disk, '1'))], storeMs: 1 },
    { extensions: [{ onAuthenticate: async () => {}, onChange: async () => void watched.push('changed') }] },
  )
  const open = await server.hocuspocus.openDirectConnection('minutes')
  await host.close()
  await open.transact((document) => document.getText('text').insert(0, 'one'))
  await expect.poll(() => watched).toEqual(['changed'])
  await expect(server.hocuspocus.openDirectConnection('another')).rejects.toMatchObject({ code: 'HOST_CLOSED' })
})
