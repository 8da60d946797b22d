import { crdtKind, type CrdtKindProvider, type CrdtState } from '@uni/reload-crdt'
import { LoroDoc, type LoroMap, type LoroText } from 'loro-crdt'
import { describe, expect, it } from 'vitest'
import { sheetsEntry as entry } from '../../src/plugins/sheets/entry.js'
import { hostWith, servingVersion } from './support/host.js'
import { providerOf } from './support/providers.js'
import { expectTurnedAway, reload } from './support/turned-away.js'

const VERSIONS = [
  ['1.0.0', entry.v1],
  ['2.0.0', entry.v2],
] as const

/** The operation of an edit of a replica. */
function operation(replica: LoroDoc, edit: (title: LoroText, cells: LoroMap) => void): Uint8Array {
  const from = replica.version()
  edit(replica.getText('title'), replica.getMap('cells'))
  replica.commit()
  return replica.export({ mode: 'update', from })
}

const ada = new LoroDoc()
const FIRST = operation(ada, (title, cells) => {
  title.insert(0, 'Hello 👩‍🚀')
  cells.set('A1', 5)
})
const SECOND = operation(ada, (title, cells) => {
  title.insert(5, ', world')
  cells.set('B2', { deep: [null, 1.5, 'x', true] })
})
const grace = ada.fork()
/** Of another peer, so that it waits for more than its own. */
const THIRD = operation(grace, (title, cells) => {
  title.insert(0, 'Oh: ')
  cells.delete('A1')
})
const VALUE = { title: 'Oh: Hello, world 👩‍🚀', cells: { B2: { deep: [null, 1.5, 'x', true] } } }

const kind = (make: typeof entry.v1): CrdtKindProvider => providerOf(make(), crdtKind)

function stateWith(make: typeof entry.v1, ops: readonly Uint8Array[]): CrdtState {
  const state = kind(make).empty()
  for (const op of ops) state.apply(op)
  return state
}

describe.each(VERSIONS)('sheets %s', (version, make) => {
  it('says its version, and begins empty', () => {
    expect(kind(make)).toMatchObject({ version, kind: 'sheets' })
    expect(kind(make).empty().value()).toEqual({ title: '', cells: {} })
  })

  it('applies operations in any order, and twice', () => {
    for (const order of [
      [FIRST, SECOND, THIRD],
      [THIRD, SECOND, FIRST],
      [SECOND, FIRST, FIRST, THIRD, SECOND],
    ]) {
      expect(stateWith(make, order).value()).toEqual(VALUE)
    }
  })

  it.each(VERSIONS)(
    'I4 keeps an operation that waits for another through persist, read by %s, and through merge',
    async (_, next) => {
      const early = stateWith(make, [THIRD, SECOND])
      expect(early.value()).toEqual({ title: '', cells: {} })
      const reopened = await kind(next).fromPersisted(early.persist())
      const again = await kind(make).fromPersisted(reopened.persist())
      const merged = kind(make).empty()
      merged.merge(early)
      for (const state of [early, reopened, again, merged]) {
        state.apply(FIRST)
        expect(state.value()).toEqual(VALUE)
      }
    },
  )

  it('does not keep an operation that waits no more', () => {
    const late = stateWith(make, [THIRD, SECOND])
    late.apply(FIRST)
    expect(late.persist().length).toBeLessThanOrEqual(stateWith(make, [FIRST, SECOND, THIRD]).persist().length)
  })

  it('applies a torn or damaged operation not at all', () => {
    const state = stateWith(make, [FIRST])
    for (let length = 0; length < SECOND.length; length += 1)
      expect(() => state.apply(SECOND.slice(0, length))).toThrow('Loro does not take the bytes')
    // The four bytes of Loro's magic, and all that its checksum is of: 12 bytes between them are not used.
    for (let at = 0; at < SECOND.length; at += at === 3 ? 13 : 1) {
      const damaged = new Uint8Array(SECOND)
      damaged[at] = (damaged[at] as number) ^ 0x10
      expect(() => state.apply(damaged)).toThrow('Loro does not take the bytes')
    }
    expect(state.value()).toEqual({ title: 'Hello 👩‍🚀', cells: { A1: 5 } })
    for (const op of [SECOND, THIRD]) state.apply(op)
    expect(state.value()).toEqual(VALUE)
  })

  it('merges replicas to the same value from both sides, each as it was where it was merged from', () => {
    const [left, right] = [stateWith(make, [FIRST]), stateWith(make, [FIRST])]
    left.apply(SECOND)
    right.apply(
      operation(ada.fork(), (_, cells) => {
        cells.set('C3', 'waits for the second')
      }),
    )
    right.apply(SECOND)
    left.apply(THIRD)
    const before = right.value()
    left.merge(right)
    expect(right.value()).toEqual(before)
    expect(left.value()).toEqual({ ...VALUE, cells: { ...VALUE.cells, C3: 'waits for the second' } })
    right.merge(left)
    expect(right.value()).toEqual(left.value())
  })

  it('refuses to merge what is no sheet of its version', () => {
    const [[, other]] = VERSIONS.filter(([name]) => name !== version) as [(typeof VERSIONS)[number]]
    expect(() => kind(make).empty().merge(kind(other).empty())).toThrow('of the same version')
  })

  it.each(VERSIONS)('is read by %s: its samples and its empty sheet', async (_, next) => {
    const states = [kind(make).empty(), ...(kind(make).samples?.() ?? [])]
    expect(states.length).toBe(5)
    for (const state of states) {
      const reopened = await kind(next).fromPersisted(state.persist())
      expect(reopened.value()).toEqual(state.value())
      expect((await kind(make).fromPersisted(reopened.persist())).value()).toEqual(state.value())
    }
  })

  it('has samples that are the same ones each time', () => {
    const [once, again] = [kind(make), kind(make)].map((one) =>
      Array.from(one.samples?.() ?? [], (state) => state.value()),
    )
    expect(once).toEqual(again)
    expect(once).toContainEqual({ title: 'Plain, twice edited', cells: { A1: 1.5, A2: '=A1*2', B1: true, B2: null } })
  })

  it('refuses bytes that are no sheet, and every torn one', async () => {
    const bytes = stateWith(make, [FIRST, SECOND]).persist()
    const other = new Uint8Array(bytes)
    other[0] = 9
    for (const wrong of [[], [9, 0, 0], [1], [1, 0, 0, 0, 0], [1, 0, 0, 0, 1, 0, 0, 0, 0], other]) {
      await expect(async () => kind(make).fromPersisted(new Uint8Array(wrong))).rejects.toThrow(/no sheet|torn|Loro/)
    }
    for (let length = 0; length < bytes.length; length += 1) {
      await expect(async () => kind(make).fromPersisted(bytes.slice(0, length))).rejects.toThrow('torn')
    }
  })
})

describe('the sheets plugin', () => {
  it('I4 goes from version 1 to 2 and back with every operation, those made meanwhile among them', async () => {
    await using host = await hostWith(entry.v1())
    const sheet = await host.attach(crdtKind, { name: 'budget', key: 'sheets', open: (provider) => provider.empty() })
    const replica = new LoroDoc()
    const type = (text: string): Promise<void> =>
      sheet.write(
        operation(replica, (title, cells) => {
          title.insert(title.length, text)
          cells.set(text, title.length)
        }),
      )
    for (const [make, version] of [
      [entry.v2, '2.0.0'],
      [entry.v1, '1.0.0'],
      [entry.v2, '2.0.0'],
    ] as const) {
      await type(`before ${version} `)
      await Promise.all([type('m1 '), reload(host, entry, make()), type('m2 '), type('m3 ')])
      expect(servingVersion(host, crdtKind, 'sheets')).toBe(version)
      expect(await sheet.use((state) => state.value())).toEqual(replica.toJSON())
    }
  })

  it.each(VERSIONS)('I6 a version that swaps the title is rejected, and %s serves on', async (version, make) => {
    await using host = await hostWith(make())
    const sheet = await host.attach(crdtKind, { name: 'budget', key: 'sheets', open: (provider) => provider.empty() })
    await sheet.write(FIRST)
    const [bad] = entry.bad()
    const error = await expectTurnedAway(host, entry, bad as NonNullable<typeof bad>)
    expect(error.message).toContain('sample 1')
    expect(error.message).toContain('value.title: "Plain, twice edited" → "1.5"')
    expect(servingVersion(host, crdtKind, 'sheets')).toBe(version)
    for (const op of [SECOND, THIRD]) await sheet.write(op)
    expect(await sheet.use((state) => state.value())).toEqual(VALUE)
  })
})
