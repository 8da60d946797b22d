import { PluginHost, ReloadKindHandlers, type MaybePromise, type Plugin } from '@uni/reload-core'
import { ManualClock } from '@uni/reload-core/testing'
import { describe, expect, it } from 'vitest'
import { crdtHandoff, crdtKind, openStored, type CrdtKindProvider, type CrdtState } from '../src/index.js'
import { Deferred } from './fixtures/deferred.js'
import { counterKind, encode, GCounter, increment } from './fixtures/g-counter.js'

/** A document that counts its closes, and what was merged into it or applied to it. */
class Document extends GCounter {
  closes = 0
  changes = 0

  override apply(op: Uint8Array): void {
    this.changes += 1
    super.apply(op)
  }

  override merge(other: CrdtState): void {
    this.changes += 1
    super.merge(other)
  }

  close(): MaybePromise<void> {
    this.closes += 1
  }
}

const plugin = (version: string, kind: CrdtKindProvider): Plugin => ({
  manifest: { id: 'votes', version },
  register: (registrar) => {
    registrar.provide(crdtKind, kind)
  },
})

/** A host with one document, of a version that gives it back where `changes` says so. */
async function serving(changes: (live: Document) => Partial<CrdtKindProvider> = () => ({}), sampleLimit = 64) {
  const clock = new ManualClock()
  const host = new PluginHost({ strategies: [crdtHandoff({ sampleLimit })], clock, timeouts: { preflight: 100 } })
  const live = new Document({ a: 7 })
  const handle = await host.add(plugin('1.0.0', counterKind(changes(live))))
  const votes = await host.attach(crdtKind, { name: 'doc', key: 'counter', open: () => live })
  return { clock, host, handle, live, votes }
}

const DUPLICATE = {
  code: 'DUPLICATE',
  phase: 'preflight',
  surface: 'crdt-kind',
  key: 'counter',
  message: expect.stringContaining('is a live resource already: crdt-kind "counter", resource "doc"') as string,
  hint: expect.stringContaining('It was not closed.') as string,
  details: { resource: 'doc', plugin: 'votes@1.0.0' },
}

/** A document that lacks what a state has to have. */
const misshapen = (live: Document): CrdtState => Object.assign(live, { merge: undefined as never })

describe('a check that is given a live document as a copy', () => {
  it.each<[string, (live: Document) => Partial<CrdtKindProvider>, string]>([
    ['opens', (live) => ({ fromPersisted: () => live }), 'fromPersisted'],
    ['opens, without its methods', (live) => ({ fromPersisted: () => misshapen(live) }), 'fromPersisted'],
    ['makes as an empty one', (live) => ({ empty: () => live }), 'samples'],
  ])('I7 X6 that the new version %s: refuses it, and neither changes nor closes it', async (_, changes, step) => {
    const { host, handle, live, votes } = await serving()
    await expect(host.reload(handle, plugin('2.0.0', counterKind(changes(live))))).rejects.toMatchObject({
      ...DUPLICATE,
      step,
    })
    expect({ closes: live.closes, changes: live.changes }).toEqual({ closes: 0, changes: 0 })
    await votes.write(increment('a'))
    expect(live.value()).toBe(8)
  })

  it.each<[string, (live: Document) => Partial<CrdtKindProvider>, string]>([
    ['opens', (live) => ({ fromPersisted: () => live }), 'fromPersisted'],
    ['makes as an empty one', (live) => ({ empty: () => live }), 'samples'],
    ['lists as a sample', (live) => ({ samples: () => [new Document(), live] }), 'samples'],
  ])('I7 X6 that the old version %s: as well, and an operator can overrule that', async (_, changes, step) => {
    const { host, handle, live } = await serving(changes)
    await expect(host.reload(handle, plugin('2.0.0', counterKind()))).rejects.toMatchObject({ ...DUPLICATE, step })
    expect({ closes: live.closes, changes: live.changes }).toEqual({ closes: 0, changes: 0 })
    const accept = [{ surface: 'crdt-kind', key: 'counter', reason: 'version 1 keeps what it opened' }]
    const { report, finalized } = await host.reload(handle, plugin('2.0.0', counterKind()), { accept })
    const overruled = expect.stringContaining('is a live resource already') as string
    expect(report.compat).toMatchObject([{ verdict: { level: 'accepted', overruled: { reason: overruled } } }])
    await finalized
    expect({ closes: live.closes, changes: live.changes }).toEqual({ closes: 1, changes: 0 })
  })

  it('I7 X6 among samples that nobody looks at: leaves it open, and closes the others', async () => {
    const listed: Document[] = []
    const { host, handle, live } = await serving(
      (doc) => ({
        samples: () => {
          const made = [new Document(), new Document(), new Document()]
          listed.push(...made)
          return [...made, doc]
        },
      }),
      1,
    )
    await (
      await host.reload(handle, plugin('2.0.0', counterKind()))
    ).finalized
    expect([...listed, live].map(({ closes }) => closes)).toEqual([1, 1, 1, 1])
    expect(live.changes).toBe(0)
  })

  it('I7 I8 X6 when it was given up on: leaves it open', async () => {
    const { clock, host, handle, live } = await serving()
    const opening = new Deferred()
    const asked = new Deferred()
    const fromPersisted = async (): Promise<CrdtState> => {
      asked.resolve()
      await opening.promise
      return live
    }
    const failing = host
      .reload(handle, plugin('2.0.0', counterKind({ fromPersisted })))
      .catch((error: unknown) => error)
    await asked.promise
    clock.advance(100)
    expect(await failing).toMatchObject({ code: 'STEP_TIMEOUT' })
    opening.resolve()
    await opening.promise
    await host[Symbol.asyncDispose]()
    expect(live.closes).toBe(1)
  })

  it('I7 X6 X12 to be remembered: the key is forgotten, and it serves on until its plugin has left', async () => {
    const { host, handle, live } = await serving((doc) => ({ empty: () => doc }))
    const removed = await host.remove(handle, { onOrphan: 'close' })
    expect(removed.report.forgotten).toEqual(['crdt-kind "counter"'])
    await removed.finalized
    expect({ closes: live.closes, changes: live.changes }).toEqual({ closes: 1, changes: 0 })
  })

  it('I7 X6 that the caller of a reload hands in: refuses it, too', async () => {
    const { host, handle } = await serving()
    const own = new Document({ b: 1 })
    const handlers = new ReloadKindHandlers().add(crdtKind, { name: 'own', key: 'counter', resource: own })
    await expect(
      host.reload(handle, plugin('2.0.0', counterKind({ fromPersisted: () => own })), { handlers }),
    ).rejects.toMatchObject({ code: 'DUPLICATE', phase: 'preflight', details: { resource: 'own' } })
    expect({ closes: own.closes, changes: own.changes }).toEqual({ closes: 0, changes: 0 })
  })
})

describe('a copy that a check has open', () => {
  it('I7 X6 is no live document meanwhile, and may be one once it was closed', async () => {
    const { host, handle } = await serving()
    const copy = new Document({ a: 7 })
    const asked = new Deferred()
    const closing = new Deferred()
    // It is open until it has been closed, however long that takes.
    copy.close = () => {
      copy.closes += 1
      asked.resolve()
      return closing.promise
    }
    const next = counterKind({ fromPersisted: () => copy })
    const failing = host.reload(handle, plugin('2.0.0', next)).catch((error: unknown) => error)
    await asked.promise
    await host.add({
      manifest: { id: 'others', version: '1.0.0' },
      register: (registrar) => {
        registrar.provide(crdtKind, { ...counterKind(), kind: 'other' })
      },
    })
    const attach = () => host.attach(crdtKind, { name: 'copy', key: 'other', open: () => copy })
    await expect(attach()).rejects.toMatchObject({
      code: 'DUPLICATE',
      message: expect.stringContaining('is a copy that a check has open: crdt-kind "counter"') as string,
    })
    closing.resolve()
    expect(await failing).toMatchObject({ code: 'SCHEMA_INCOMPAT' })
    await attach()
    expect(copy.closes).toBe(1)
  })
})

describe('openStored', () => {
  const stored = { name: 'doc', bytes: encode({ a: 1 }), value: 1 }

  it('I7 X29 refuses a live document, whatever it says, and does not close it', async () => {
    const { host, live } = await serving((doc) => ({ fromPersisted: () => doc }))
    const attach = host.attach(crdtKind, {
      name: 'again',
      key: 'counter',
      open: (kind, opening) => openStored(kind, stored, { opening }),
    })
    await expect(attach).rejects.toMatchObject({ ...DUPLICATE, phase: 'prepare', step: 'open', resource: 'again' })
    expect(live.closes).toBe(0)
  })

  it('I7 X29 what it has closed is free', async () => {
    const kept = new Document({ a: 2 })
    const { host } = await serving(() => ({ fromPersisted: () => kept }))
    const attach = (value: number) =>
      host.attach(crdtKind, {
        name: 'again',
        key: 'counter',
        open: (kind, opening) => openStored(kind, { ...stored, value }, { opening }),
      })
    await expect(attach(1)).rejects.toMatchObject({ code: 'SCHEMA_INCOMPAT' })
    expect(kept.closes).toBe(1)
    await host.attach(crdtKind, { name: 'other', key: 'counter', open: () => kept })
  })

  it('I7 X29 in a handoff: what serves is refused, and not closed', async () => {
    const { host, handle, live } = await serving()
    // Its own handoff is sound, so that only the other one can fail.
    const its = encode({ a: 5 })
    const next = counterKind({
      fromPersisted: (bytes) => (String(bytes) === String(its) ? live : new Document({ a: 1 })),
      empty: () => new GCounter(),
    })
    await host.attach(crdtKind, {
      name: 'opened anew',
      key: 'counter',
      open: (kind, opening) =>
        kind.fromPersisted === next.fromPersisted
          ? openStored(kind, { ...stored, bytes: its }, { opening })
          : new Document({ a: 1 }),
    })
    const accept = [{ surface: 'crdt-kind', key: 'counter', reason: 'to get to the handoff' }]
    const from = { open: [{ surface: 'crdt-kind', resource: 'opened anew' }] }
    await expect(host.reload(handle, plugin('2.0.0', next), { accept, from })).rejects.toMatchObject({
      code: 'DUPLICATE',
      phase: 'prepare',
      resource: 'opened anew',
      details: { resource: 'doc' },
    })
    expect(live.closes).toBe(0)
  })
})
