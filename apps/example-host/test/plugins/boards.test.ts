import * as Automerge from '@automerge/automerge'
import { crdtKind, type CrdtKindProvider, type CrdtState } from '@uni/reload-crdt'
import { describe, expect, it } from 'vitest'
import { emptyBoard, type BoardDocument } from '../../src/plugins/boards/board.js'
import { boardsEntry as entry } from '../../src/plugins/boards/entry.js'
import { hostWith, servingVersion } from './support/host.js'
import { providerOf } from './support/providers.js'
import { expectTurnedAway, reload } from './support/turned-away.js'

const VERSIONS = [
  ['1.0.0', entry.v1],
  ['2.0.0', entry.v2],
] as const

/** Someone who edits a board on a replica of their own. */
class Editor {
  doc: BoardDocument

  constructor(doc: BoardDocument = emptyBoard()) {
    this.doc = doc
  }

  /** The operation of an edit. */
  edit(change: (board: { cards: { id: string; text: string }[] }) => void): Uint8Array {
    this.doc = Automerge.change(this.doc, change)
    return Automerge.getLastLocalChange(this.doc) as Uint8Array
  }

  fork(): Editor {
    return new Editor(Automerge.clone(this.doc))
  }
}

const ada = new Editor()
const FIRST = ada.edit(({ cards }) => {
  cards.push({ id: 'a', text: 'Hello 👩‍🚀' })
})
const SECOND = ada.edit(({ cards }) => {
  cards.push({ id: 'b', text: 'lorem ipsum '.repeat(60) })
})
const THIRD = ada.edit((board) => {
  Automerge.splice(board as BoardDocument, ['cards', 0, 'text'], 5, 0, ', world')
  Automerge.deleteAt(board.cards, 1)
})
const VALUE = { cards: [{ id: 'a', text: 'Hello, world 👩‍🚀' }] }

const kind = (make: typeof entry.v1): CrdtKindProvider => providerOf(make(), crdtKind)

function stateWith(make: typeof entry.v1, ops: readonly Uint8Array[]): CrdtState {
  const state = kind(make).empty()
  for (const op of ops) state.apply(op)
  return state
}

describe.each(VERSIONS)('boards %s', (version, make) => {
  it('says its version, and begins empty', () => {
    expect(kind(make)).toMatchObject({ version, kind: 'boards' })
    expect(kind(make).empty().value()).toEqual({ cards: [] })
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
      expect(early.value()).toEqual({ cards: [] })
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

  it('applies a torn or damaged operation not at all', () => {
    const state = stateWith(make, [FIRST])
    // Long enough to be compressed; the other is not.
    for (const [op, step] of [
      [SECOND, 7],
      [
        ada.fork().edit(({ cards }) => {
          cards.push({ id: 'c', text: 'short' })
        }),
        1,
      ],
    ] as const) {
      for (let at = 0; at < op.length; at += step) {
        expect(() => state.apply(op.slice(0, at))).toThrow(Error)
        const damaged = new Uint8Array(op)
        damaged[at] = (damaged[at] as number) ^ 0x10
        expect(() => state.apply(damaged)).toThrow(Error)
      }
    }
    expect(state.value()).toEqual({ cards: [{ id: 'a', text: 'Hello 👩‍🚀' }] })
    for (const op of [SECOND, THIRD]) state.apply(op)
    expect(state.value()).toEqual(VALUE)
  })

  it('merges replicas to the same value from both sides, each as it was where it was merged from', () => {
    const left = stateWith(make, [FIRST, SECOND, THIRD])
    const right = stateWith(make, [FIRST, SECOND, THIRD])
    left.apply(
      ada.fork().edit(({ cards }) => {
        cards.push({ id: 'left', text: 'l' })
      }),
    )
    right.apply(
      ada.fork().edit((board) => {
        Automerge.splice(board as BoardDocument, ['cards', 0, 'text'], 0, 0, 'Right: ')
      }),
    )
    const before = right.value()
    left.merge(right)
    expect(right.value()).toEqual(before)
    expect(left.value()).toEqual({
      cards: [
        { id: 'a', text: 'Right: Hello, world 👩‍🚀' },
        { id: 'left', text: 'l' },
      ],
    })
    right.merge(left)
    expect(right.value()).toEqual(left.value())
  })

  it('refuses to merge what is no board of its version', () => {
    const [[, other]] = VERSIONS.filter(([name]) => name !== version) as [(typeof VERSIONS)[number]]
    expect(() => kind(make).empty().merge(kind(other).empty())).toThrow('of the same version')
  })

  it('shows a board whose list was deleted as one without cards', () => {
    const vandal = ada.fork()
    const state = stateWith(make, [
      FIRST,
      SECOND,
      THIRD,
      vandal.edit((board) => {
        delete (board as Partial<typeof board>).cards
      }),
    ])
    expect(state.value()).toEqual({ cards: [] })
  })

  it.each(VERSIONS)('is read by %s: its samples, its empty board, and one with a long history', async (_, next) => {
    const long = kind(make).empty()
    const editor = new Editor()
    for (let n = 0; n < 300; n += 1)
      long.apply(
        editor.edit(({ cards }) => {
          cards.push({ id: `${n}`, text: `card ${n}` })
        }),
      )
    const states = [kind(make).empty(), long, ...(kind(make).samples?.() ?? [])]
    expect(states.length).toBe(6)
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
    expect(once).toContainEqual({
      cards: [
        { id: 'twin', text: 'a' },
        { id: 'twin', text: 'b' },
        { id: 'last', text: 'was first' },
      ],
    })
  })

  it('refuses bytes that are no board, and every torn one', async () => {
    const bytes = stateWith(make, [FIRST, SECOND]).persist()
    const other = new Uint8Array(bytes)
    other[0] = 9
    for (const wrong of [[], [9, 0, 0], [1], [1, 0, 0, 0, 0], [1, 0, 0, 0, 1, 0, 0, 0, 0], other]) {
      await expect(async () => kind(make).fromPersisted(new Uint8Array(wrong))).rejects.toThrow(/no board|torn/)
    }
    for (let length = 0; length < bytes.length; length += 1) {
      await expect(async () => kind(make).fromPersisted(bytes.slice(0, length))).rejects.toThrow('torn')
    }
    await expect(async () => kind(make).fromPersisted(new Uint8Array([...bytes, 0]))).rejects.toThrow('torn')
  })
})

it('version 2 does not save again what it saved, until the changes outweigh it', () => {
  const board = kind(entry.v2).empty()
  const editor = new Editor()
  const sizes = Array.from({ length: 400 }, (_, n) => {
    board.apply(
      editor.edit(({ cards }) => {
        cards.push({ id: `${n}`, text: `card ${n}` })
      }),
    )
    return board.persist().length
  })
  const drops = sizes.filter((size, at) => at > 0 && size < (sizes[at - 1] as number))
  expect(drops.length).toBeGreaterThan(0)
  expect(drops.length).toBeLessThan(10)
})

describe('the boards plugin', () => {
  it('I4 goes from version 1 to 2 and back with every operation, those made meanwhile among them', async () => {
    await using host = await hostWith(entry.v1())
    const board = await host.attach(crdtKind, { name: 'sprint', key: 'boards', open: (provider) => provider.empty() })
    const editor = new Editor()
    const add = (text: string): Promise<void> =>
      board.write(
        editor.edit(({ cards }) => {
          cards.push({ id: `${cards.length}`, text })
        }),
      )
    for (const [make, version] of [
      [entry.v2, '2.0.0'],
      [entry.v1, '1.0.0'],
      [entry.v2, '2.0.0'],
    ] as const) {
      await add(`before ${version}`)
      await Promise.all([add('m1'), reload(host, entry, make()), add('m2'), add('m3')])
      expect(servingVersion(host, crdtKind, 'boards')).toBe(version)
      expect(await board.use((state) => state.value())).toEqual(JSON.parse(JSON.stringify(editor.doc)))
    }
    expect(editor.doc.cards).toHaveLength(12)
  })

  it.each(VERSIONS)('I6 a version that drops cards is rejected, and %s serves on', async (version, make) => {
    await using host = await hostWith(make())
    const board = await host.attach(crdtKind, { name: 'sprint', key: 'boards', open: (provider) => provider.empty() })
    await board.write(FIRST)
    const [bad] = entry.bad()
    const error = await expectTurnedAway(host, entry, bad as NonNullable<typeof bad>)
    expect(error.message).toContain('value.cards[2]')
    expect(servingVersion(host, crdtKind, 'boards')).toBe(version)
    for (const op of [SECOND, THIRD]) await board.write(op)
    expect(await board.use((state) => state.value())).toEqual(VALUE)
  })
})
