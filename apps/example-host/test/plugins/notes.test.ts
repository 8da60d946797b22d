import { crdtKind, type CrdtKindProvider, type CrdtState } from '@uni/reload-crdt'
import { describe, expect, it } from 'vitest'
import * as Y from 'yjs'
import { notesEntry as entry } from '../../src/plugins/notes/entry.js'
import { hostWith, servingVersion } from './support/host.js'
import { providerOf } from './support/providers.js'
import { expectTurnedAway, reload } from './support/turned-away.js'

const VERSIONS = [
  ['1.0.0', entry.v1],
  ['2.0.0', entry.v2],
] as const

/** The operation of an edit, made on a replica of its own. */
function operation(edit: (body: Y.Text, meta: Y.Map<unknown>) => void, base?: Uint8Array): Uint8Array {
  const doc = new Y.Doc()
  if (base) Y.applyUpdate(doc, base)
  const before = Y.encodeStateVector(doc)
  doc.transact(() => edit(doc.getText('body'), doc.getMap('meta')))
  return Y.encodeStateAsUpdate(doc, before)
}

const HELLO = operation((body, meta) => {
  body.insert(0, 'Hello 👩‍🚀')
  meta.set('author', 'Ada')
})
const VALUE = { body: 'Hello 👩‍🚀', meta: { author: 'Ada' } }

const kind = (make: typeof entry.v1): CrdtKindProvider => providerOf(make(), crdtKind)

describe.each(VERSIONS)('notes %s', (version, make) => {
  it('says its version, and begins empty', () => {
    expect(kind(make)).toMatchObject({ version, kind: 'notes' })
    expect(kind(make).empty().value()).toEqual({ body: '', meta: {} })
  })

  it('applies operations in any order, and twice', () => {
    const more = operation((body) => {
      body.insert(5, ', world')
    }, HELLO)
    const value = { ...VALUE, body: 'Hello, world 👩‍🚀' }
    for (const order of [
      [HELLO, more],
      [more, HELLO],
      [HELLO, more, more, HELLO],
    ]) {
      const state = kind(make).empty()
      for (const op of order) state.apply(op)
      expect(state.value()).toEqual(value)
    }
  })

  it('keeps an operation that waits for another through persist', async () => {
    const more = operation((body) => {
      body.insert(5, ', world')
    }, HELLO)
    const early = kind(make).empty()
    early.apply(more)
    const reopened = await kind(make).fromPersisted(early.persist())
    reopened.apply(HELLO)
    expect(reopened.value()).toEqual({ ...VALUE, body: 'Hello, world 👩‍🚀' })
  })

  it('applies a torn operation not at all', () => {
    const state = kind(make).empty()
    state.apply(HELLO)
    const long = operation((body, meta) => {
      body.insert(0, 'And ')
      meta.set('stars', 5)
      body.delete(4, 2)
    }, HELLO)
    for (let length = 0; length < long.length; length += 1)
      expect(() => state.apply(long.slice(0, length))).toThrow(Error)
    expect(state.value()).toEqual(VALUE)
  })

  it('merges replicas to the same value from both sides', () => {
    const [a, b] = [kind(make).empty(), kind(make).empty()]
    for (const state of [a, b]) state.apply(HELLO)
    a.apply(
      operation((body) => {
        body.insert(0, 'left ')
      }, HELLO),
    )
    b.apply(
      operation((_, meta) => {
        meta.set('author', 'Grace')
      }, HELLO),
    )
    a.merge(b)
    expect(b.value()).toEqual({ ...VALUE, meta: { author: 'Grace' } })
    b.merge(a)
    expect({ a: a.value(), b: b.value() }).toEqual({ a: a.value(), b: a.value() })
    expect(a.value()).toEqual({ body: 'left Hello 👩‍🚀', meta: { author: 'Grace' } })
  })

  it('refuses to merge what is no note of its version', () => {
    const [[, other]] = VERSIONS.filter(([name]) => name !== version) as [(typeof VERSIONS)[number]]
    expect(() => kind(make).empty().merge(kind(other).empty())).toThrow('of the same version')
  })

  it.each(VERSIONS)('is read by %s: its samples and its empty note', async (_, next) => {
    const states: CrdtState[] = [kind(make).empty(), ...(kind(make).samples?.() ?? [])]
    expect(states.length).toBe(5)
    for (const state of states) expect((await kind(next).fromPersisted(state.persist())).value()).toEqual(state.value())
  })

  it('has samples that are the same ones each time', () => {
    const [once, again] = [kind(make), kind(make)].map((one) =>
      Array.from(one.samples?.() ?? [], (state) => state.value()),
    )
    expect(once).toEqual(again)
    expect(once).toContainEqual({ body: 'Plain, twice edited', meta: { author: 'Ada', stars: 5 } })
  })

  it('refuses bytes that are no note', () => {
    for (const bytes of [[], [9, 0, 0], [1], [2]])
      expect(() => kind(make).fromPersisted(new Uint8Array(bytes))).toThrow(Error)
  })
})

describe('the notes plugin', () => {
  it('I4 goes from version 1 to 2 and back with every operation, those made meanwhile among them', async () => {
    await using host = await hostWith(entry.v1())
    const note = await host.attach(crdtKind, { name: 'agenda', key: 'notes', open: (provider) => provider.empty() })
    const replica = new Y.Doc()
    const type = (text: string): Promise<void> => {
      const before = Y.encodeStateVector(replica)
      replica.getText('body').insert(replica.getText('body').length, text)
      replica.getMap('meta').set('last', text)
      return note.write(Y.encodeStateAsUpdate(replica, before))
    }
    for (const [make, version] of [
      [entry.v2, '2.0.0'],
      [entry.v1, '1.0.0'],
      [entry.v2, '2.0.0'],
    ] as const) {
      await type(`before ${version} `)
      await Promise.all([type('m1 '), reload(host, entry, make()), type('m2 '), type('m3 ')])
      expect(servingVersion(host, crdtKind, 'notes')).toBe(version)
      expect(await note.use((state) => state.value())).toEqual({
        body: replica.getText('body').toString(),
        meta: { last: 'm3 ' },
      })
    }
  })

  it.each(
    entry.bad().flatMap(({ fault }, at) => VERSIONS.map(([version, make]) => [fault, version, at, make] as const)),
  )('I6 a version that %s is rejected, and %s serves on', async (_, version, at, make) => {
    await using host = await hostWith(make())
    const note = await host.attach(crdtKind, { name: 'agenda', key: 'notes', open: (provider) => provider.empty() })
    await note.write(HELLO)
    const error = await expectTurnedAway(host, entry, entry.bad()[at] as ReturnType<typeof entry.bad>[number])
    expect(error.details).toBeDefined()
    expect(servingVersion(host, crdtKind, 'notes')).toBe(version)
    await note.write(
      operation((body) => {
        body.insert(0, 'Again: ')
      }, HELLO),
    )
    expect(await note.use((state) => state.value())).toEqual({ ...VALUE, body: 'Again: Hello 👩‍🚀' })
  })
})
