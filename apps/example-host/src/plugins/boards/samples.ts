import * as Automerge from '@automerge/automerge'
import { emptyBoard, type BoardDocument } from './board.js'

export interface SampleBoard {
  readonly doc: BoardDocument
  /** Operations that have not reached it. */
  readonly late: readonly Uint8Array[]
}

/**
 * Boards that show what one can hold. The same ones each time; the last two are edits of one board that have not met.
 */
export function* sampleBoards(): Generator<SampleBoard> {
  yield onTime(
    edited('a1', (cards) => {
      cards.push(
        { id: 'one', text: 'Plain text' },
        { id: 'two', text: '' },
        { id: 'three', text: 'Zoë 👩‍🚀\nsecond line' },
      )
    }),
  )
  yield onTime(
    edited('a2', (cards) => {
      cards.push({ id: 'gone', text: 'deleted again' }, { id: 'last', text: 'was first' })
      Automerge.deleteAt(cards, 0)
      cards.unshift({ id: 'twin', text: 'a' }, { id: 'twin', text: 'b' })
    }),
  )
  const base = Automerge.save(
    edited('a3', (cards) => {
      cards.push({ id: 'shared', text: 'shared' }, { id: 'other', text: 'other' })
    }),
  )
  const left = edited(
    'a4',
    (cards) => {
      ;(cards[0] as { text: string }).text = 'by the left'
      cards.push({ id: 'left', text: 'new on the left' })
    },
    base,
  )
  const late = [Automerge.getLastLocalChange(left) as Uint8Array]
  yield onTime(left)
  const right = edited(
    'a5',
    (cards) => {
      Automerge.deleteAt(cards, 1)
      cards.push({ id: 'right', text: 'new on the right' })
    },
    base,
  )
  yield { doc: right, late }
}

function onTime(doc: BoardDocument): SampleBoard {
  return { doc, late: [] }
}

function edited(actor: string, edit: (cards: BoardDocument['cards']) => void, base?: Uint8Array): BoardDocument {
  const doc = base ? Automerge.load<{ cards: BoardDocument['cards'] }>(base, { actor }) : emptyBoard(actor)
  return Automerge.change(doc, { time: 0 }, ({ cards }) => edit(cards))
}
