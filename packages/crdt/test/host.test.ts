import { PluginHost, Slices, type Plugin } from '@uni/reload-core'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { crdtHandoff, crdtKind, type CrdtKindProvider } from '../src/index.js'
import { counterKind, increment } from './fixtures/g-counter.js'
import { registerKind } from './fixtures/lww-register.js'
import { EMPTY_COUNTER } from './fixtures/waiting.js'
import { readNotes, Replica, yjsKind } from './fixtures/yjs-kind.js'

function plugin(version: string, kinds: readonly CrdtKindProvider[], id = 'docs'): Plugin {
  return {
    manifest: { id, version },
    register: (registrar) => {
      for (const kind of kinds) registrar.provide(crdtKind, kind)
    },
  }
}

const shouting = yjsKind({ read: (doc) => ({ ...readNotes(doc), title: readNotes(doc).title.toUpperCase() }) })

describe('in a host', () => {
  it('I1 I4 hands a document over while replicas edit it, and leases keep what they captured', async () => {
    await using host = new PluginHost({ strategies: [crdtHandoff()] })
    const v1 = await host.add(plugin('1.0.0', [yjsKind()]))
    const minutes = await host.attach(crdtKind, { name: 'minutes', key: 'notes', open: (kind) => kind.empty() })
    const replicas = [new Replica(1), new Replica(2), new Replica(3)]
    const model = new Replica(4)
    const write = (op: Uint8Array): Promise<void> => {
      model.receive(op)
      return minutes.write(op)
    }
    for (const [i, replica] of replicas.entries())
      await write(
        replica.edit((doc) => {
          doc.getArray('rows').push([`before ${i}`])
        }),
      )

    const lease = host.capture()
    const reloading = host.reload(v1, plugin('2.0.0', [yjsKind()]))
    const during = replicas.map((replica, i) =>
      write(
        replica.edit((doc) => {
          doc.getArray('rows').push([`during ${i}`])
        }),
      ),
    )
    const result = await reloading
    await Promise.all(during)
    await write(
      (replicas[0] as Replica).edit((doc) => {
        doc.getText('title').insert(0, 'Minutes')
      }),
    )

    expect(result.status).toBe('committed')
    expect(await minutes.use((state) => state.value())).toEqual(readNotes(model.doc))
    expect((await minutes.use((state) => state.value() as { rows: string[] })).rows.toSorted()).toEqual([
      'before 0',
      'before 1',
      'before 2',
      'during 0',
      'during 1',
      'during 2',
    ])
    expect(lease.resource(crdtKind, 'minutes').value()).toMatchObject({ title: '' })
    lease[Symbol.dispose]()
    expect(await result.finalized).toMatchObject({ status: 'finalized', errors: [] })
    expect(result.report.handoffs).toMatchObject([{ resource: 'minutes', discipline: 'pre-copy' }])
  })

  it('keeps the pace that the host has set, in its judgement and in its handoffs', async () => {
    await using host = new PluginHost({ strategies: [crdtHandoff()], pace: { sliceMs: Number.MIN_VALUE } })
    const v1 = await host.add(plugin('1.0.0', [yjsKind()]))
    await host.attach(crdtKind, { name: 'minutes', key: 'notes', open: (kind) => kind.empty() })
    // Slices of the host's pace know by themselves whether they are over.
    const due = vi.spyOn(Slices.prototype, 'due')
    onTestFinished(() => due.mockRestore())
    const { report } = await host.reload(v1, plugin('2.0.0', [yjsKind()]))
    expect(report.handoffs).toHaveLength(1)
    expect(due).not.toHaveBeenCalled()
  })

  it('I3 I6 refuses a version that reads the document differently; the old one serves on', async () => {
    await using host = new PluginHost({ strategies: [crdtHandoff()] })
    const v1 = await host.add(plugin('1.0.0', [yjsKind()]))
    const minutes = await host.attach(crdtKind, { name: 'minutes', key: 'notes', open: (kind) => kind.empty() })
    const ann = new Replica(1)
    await minutes.write(
      ann.edit((doc) => {
        doc.getText('title').insert(0, 'Plan')
      }),
    )

    await expect(host.reload(v1, plugin('2.0.0', [shouting]))).rejects.toMatchObject({
      code: 'SCHEMA_INCOMPAT',
      phase: 'preflight',
    })

    await minutes.write(
      ann.edit((doc) => {
        doc.getText('title').insert(4, ' B')
      }),
    )
    expect(await minutes.use((state) => state.value())).toMatchObject({ title: 'Plan B' })
    expect(host.plugin('docs')).toEqual(v1)
    expect(host.plugins()).toMatchObject([{ version: '1.0.0', state: 'active' }])
  })

  it('X11 I3 I4 a document that neither version could start goes on with the next that can', async () => {
    let full = false
    const old = counterKind({
      fromPersisted: (bytes) => {
        if (full) throw new Error('disk full')
        return counterKind().fromPersisted(bytes)
      },
    })
    const next = counterKind({
      fromPersisted: (bytes) => {
        full = bytes.length > EMPTY_COUNTER.length
        if (full) throw new Error('disk full')
        return counterKind().fromPersisted(bytes)
      },
    })
    await using host = new PluginHost({ strategies: [crdtHandoff({ sampleLimit: 0 })] })
    const v1 = await host.add(plugin('1.0.0', [old]))
    const votes = await host.attach(crdtKind, { name: 'votes', key: 'counter', open: (counter) => counter.empty() })
    await votes.write(increment('a'))
    await expect(host.reload(v1, plugin('2.0.0', [next]), { cutover: 'exclusive' })).rejects.toMatchObject({
      code: 'HANDOFF',
      rollbackErrors: [{ step: 'restart' }],
    })
    await host.reload(v1, plugin('2.0.1', [counterKind()]))
    await votes.write(increment('b'))
    expect(await votes.use((state) => state.value())).toBe(2)
  })

  it.each<[string, CrdtKindProvider]>([
    ['reads otherwise', shouting],
    ['is another CRDT', { ...registerKind(), kind: 'notes' }],
  ])(
    'X12 refuses a key that was removed in one version and comes back in a later one as a kind that %s',
    async (_, comingBack) => {
      await using host = new PluginHost({ strategies: [crdtHandoff()] })
      const v1 = await host.add(plugin('1.0.0', [yjsKind(), registerKind()]))
      const { handle: v2 } = await host.reload(v1, plugin('2.0.0', [registerKind()]))
      await expect(host.reload(v2, plugin('3.0.0', [registerKind(), comingBack]))).rejects.toMatchObject({
        code: 'SCHEMA_INCOMPAT',
        key: 'notes',
      })
      const { status } = await host.reload(v2, plugin('3.0.0', [registerKind(), yjsKind()]))
      expect(status).toBe('committed')
    },
  )

  it('X12 remembers a key when its plugin is removed, whichever plugin brings it back', async () => {
    await using host = new PluginHost({ strategies: [crdtHandoff()] })
    const { report } = await host.remove(await host.add(plugin('1.0.0', [yjsKind()])))
    expect(report.forgotten).toEqual([])
    await expect(host.add(plugin('1.0.0', [shouting], 'other'))).rejects.toMatchObject({
      code: 'SCHEMA_INCOMPAT',
      key: 'notes',
    })
    expect(await host.add(plugin('1.0.0', [yjsKind()], 'other'))).toEqual({ id: 'other', generation: 0 })
  })
})
