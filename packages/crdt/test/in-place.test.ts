import { PluginHost, type Plugin } from '@uni/reload-core'
import { describe, expect, it } from 'vitest'
import * as Y from 'yjs'
import { crdtHandoff } from '../src/index.js'
import {
  hostedKind,
  hostedNotes,
  type HostedChanges,
  type HostedKind,
  type HostedNotes,
} from './fixtures/hosted-notes.js'
import { readNotes } from './fixtures/yjs-kind.js'

function plugin(version: string, kind: HostedKind): Plugin {
  return { manifest: { id: 'notes', version }, register: (registrar) => void registrar.provide(hostedNotes, kind) }
}

/** A server that holds its documents itself, and applies what its clients send. */
async function server() {
  const strategy = crdtHandoff({ inPlace: ({ doc }: HostedNotes, next: HostedKind) => next.view(doc) })
  const host = new PluginHost({ strategies: [strategy] })
  const calls: string[] = []
  const kind = (version: string, changes: HostedChanges = {}): Plugin =>
    plugin(version, hostedKind({ closed: () => void calls.push(`${version} lets go`), ...changes }))
  const handle = await host.add(kind('1.0.0'))
  const doc = new Y.Doc()
  doc.on('destroy', () => calls.push('the document is destroyed'))
  const minutes = await host.attach(hostedNotes, {
    name: 'minutes',
    key: 'notes',
    open: (provider) => provider.view(doc),
  })
  const serving = () => host.run((lease) => lease.resource(hostedNotes, 'minutes'))
  /** A client types, and the server applies that without asking anybody. */
  const types = (row: string): void => void doc.getArray('rows').push([row])
  return { host, handle, kind, doc, minutes, serving, types, calls }
}

const rows = (doc: Y.Doc): readonly string[] => readNotes(doc).rows

describe('a document of the host that stays in place', () => {
  it('X30 I4 is viewed anew by the next version, judged by value and moved by nobody, while it is edited', async () => {
    const { host, handle, kind, doc, minutes, serving, types, calls } = await server()
    types('before')
    const old = serving()
    const opened: number[] = []
    const next = kind('2.0.0', {
      fromPersisted(bytes) {
        opened.push(bytes.length)
        types(`while judged ${opened.length}`)
        return hostedKind().fromPersisted(bytes)
      },
      view(given) {
        types('while viewed')
        return hostedKind({ closed: () => void calls.push('2.0.0 lets go') }).view(given)
      },
    })
    const { report, finalized } = await host.reload(handle, next)
    await finalized
    expect(opened.length).toBeGreaterThan(0)
    expect(serving()).not.toBe(old)
    expect(serving().doc).toBe(doc)
    const during = [...opened.keys()].map((at) => `while judged ${at + 1}`)
    expect(rows(doc)).toEqual(['before', ...during, 'while viewed'])
    expect(report).toMatchObject({ bytes: 0, replayedWrites: 0, pauseMs: 0, handoffs: [{ discipline: 'clean' }] })
    expect(calls).toEqual(['1.0.0 lets go'])
    await minutes.write(Y.encodeStateAsUpdate(new Y.Doc()))
    await host.close()
    expect(calls).toEqual(['1.0.0 lets go', '2.0.0 lets go'])
  })

  it('X30 X2 I3 a version that reads it otherwise is refused, and the document not touched', async () => {
    const { host, handle, kind, doc, serving, types, calls } = await server()
    types('one')
    const [old, before] = [serving(), Y.encodeStateAsUpdate(doc)]
    const views: Y.Doc[] = []
    const loses = kind('2.0.0', {
      read: (of) => ({ ...readNotes(of), rows: [] }),
      view: (of) => {
        views.push(of)
        return hostedKind().view(of)
      },
    })
    await expect(host.reload(handle, loses)).rejects.toMatchObject({ code: 'SCHEMA_INCOMPAT', key: 'notes' })
    expect({ views, serving: serving(), bytes: Y.encodeStateAsUpdate(doc), calls }).toEqual({
      views: [],
      serving: old,
      bytes: before,
      calls: [],
    })
  })

  it('X30 I3 I7 a view that reads otherwise than what serves fails the handoff, and is let go', async () => {
    const { host, handle, kind, doc, serving, types, calls } = await server()
    types('one')
    const old = serving()
    const differs = kind('2.0.0', {
      view: (of) =>
        hostedKind({
          read: () => ({ ...readNotes(of), title: 'other' }),
          closed: () => void calls.push('let go'),
        }).view(of),
    })
    await expect(host.reload(handle, differs)).rejects.toMatchObject({
      code: 'HANDOFF',
      step: 'verify',
      resource: 'minutes',
      message: expect.stringContaining('the new version reads the document differently: value.title: "" → "other"'),
    })
    expect(serving()).toBe(old)
    expect(calls).toEqual(['let go'])
    types('two')
    expect(rows(doc)).toEqual(['one', 'two'])
    const accept = [{ surface: 'crdt-kind', key: 'notes', reason: 'the title is new' }]
    expect((await host.reload(handle, differs, { accept })).status).toBe('committed')
  })

  it('X30 a view that is no state is refused', async () => {
    const { host, handle, kind } = await server()
    const misshapen = kind('2.0.0', { view: (doc) => ({ doc }) as HostedNotes })
    await expect(host.reload(handle, misshapen)).rejects.toMatchObject({
      code: 'HANDOFF',
      step: 'view',
      message: expect.stringContaining('without apply, merge, value, persist'),
    })
  })

  it('X30 T2 the view that served serves again when its reload is taken back, and the document goes on', async () => {
    const { host, handle, kind, doc, serving, types, calls } = await server()
    const old = serving()
    const { handle: next, finalized } = await host.reload(handle, kind('2.0.0'), {
      bake: { ms: 600_000, healthy: () => true },
    })
    types('meanwhile')
    const report = await host.takeBack(next)
    await finalized
    if (report.outcome === 'taken-back') await report.results[0]?.finalized
    expect(serving()).toBe(old)
    expect(old.value()).toMatchObject({ rows: ['meanwhile'] })
    expect(calls).toEqual(['2.0.0 lets go'])
    expect(doc.isDestroyed).toBe(false)
    await host.close()
  })

  it('X13 refuses an inPlace that is no function', () => {
    expect(() => crdtHandoff({ inPlace: true as never })).toThrow('crdtHandoff options.inPlace: expected a function')
  })
})
