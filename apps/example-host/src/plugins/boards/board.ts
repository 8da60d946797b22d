import * as Automerge from '@automerge/automerge'
import { splitParts } from '../../tagged-parts.js'

/** What a board means. */
export interface BoardValue {
  readonly cards: readonly Card[]
}

interface Card {
  readonly id: string
  readonly text: string
}

/** A board as Automerge edits it. */
export type BoardDocument = Automerge.Doc<{ cards: { id: string; text: string }[] }>

/**
 * The change that makes the list of cards, the same one in every replica: two that each made a list of their own would,
 * when they meet, be left with the cards of one.
 */
const FIRST_CHANGE = Buffer.from('hW9KgxG2JCoBIQABAAEBAAAABRUHNAFCAlYCcAJ/BWNhcmRzAX8CfwB/AA==', 'base64')

/** How the parts of a persisted board are encoded. Every version reads both: a document, and changes since, if any. */
export const TAG = { saved: 1, journal: 2 } as const

/** A board without cards: what every replica begins with. @param actor its id, in hexadecimal; random without one. */
export function emptyBoard(actor?: string): BoardDocument {
  return withChanges(Automerge.init(actor === undefined ? {} : { actor }), [FIRST_CHANGE])
}

/** @throws Error where a change is torn or damaged; the document is as before. */
export function withChanges(doc: BoardDocument, changes: readonly Uint8Array[]): BoardDocument {
  for (const change of changes) {
    // Automerge would apply what a damaged change happens to say: it does not look at the checksum, the start of the
    // hash.
    const { hash } = Automerge.decodeChange(change)
    const checksum = Buffer.from(change.subarray(4, 8)).toString('hex')
    if (hash === null || !hash.startsWith(checksum)) {
      throw new Error(`the change is damaged: its checksum is ${checksum}, not that of its hash ${hash}`)
    }
  }
  return Automerge.applyChanges(doc, [...changes])[0]
}

/** Changes of `other` that wait for ones before them are joined too. */
export function merged(doc: BoardDocument, other: BoardDocument): BoardDocument {
  return Automerge.loadIncremental(doc, Automerge.save(other))
}

export function valueOf(doc: BoardDocument): BoardValue {
  // A change may have removed the list itself.
  const cards = (doc as Partial<BoardDocument>).cards ?? []
  return { cards: cards.map(({ id, text }) => ({ id, text })) }
}

/** What was persisted, and the document that it is. */
export interface OpenedBoard {
  readonly doc: BoardDocument
  readonly saved: Uint8Array
  readonly changes: readonly Uint8Array[]
}

/** @throws Error where the bytes are no board, or a torn one. */
export function openBoard(bytes: Uint8Array): OpenedBoard {
  const {
    tag,
    parts: [saved, ...changes],
  } = splitParts(bytes)
  if (tag !== TAG.saved && tag !== TAG.journal) {
    throw new Error(`the bytes are no board: expected the tag ${TAG.saved} or ${TAG.journal}, found ${tag}`)
  }
  const doc = Automerge.load<{ cards: BoardDocument['cards'] }>(saved)
  if (!Automerge.hasHeads(doc, Automerge.getHeads(EMPTY))) {
    throw new Error('the bytes are no board: the change that makes the list of cards is missing')
  }
  return { doc: withChanges(doc, changes), saved, changes }
}

const EMPTY = emptyBoard()
