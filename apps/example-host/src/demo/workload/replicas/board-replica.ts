import { isDeepStrictEqual } from 'node:util'
import * as Automerge from '@automerge/automerge'
import { emptyBoard, valueOf, type BoardDocument } from '../../../plugins/boards/board.js'
import type { Replica } from './replica.js'

const MOST_CARDS = 50

/**
 * A replica of a board: each token is the id of a new card, or, where there are enough of them, begins the text of one.
 */
export class BoardReplica implements Replica {
  #document: BoardDocument = emptyBoard()
  #edits = 0

  add(token: string): Uint8Array {
    this.#edits += 1
    this.#document = Automerge.change(this.#document, (board) => {
      const { cards } = board
      if (cards.length < MOST_CARDS) cards.push({ id: token, text: '' })
      else Automerge.splice(board as BoardDocument, ['cards', this.#edits % cards.length, 'text'], 0, 0, token)
    })
    const change = Automerge.getLastLocalChange(this.#document)
    if (change === undefined) throw new Error('Automerge made no change')
    return change
  }

  catchUpWith(other: Replica): void {
    if (!(other instanceof BoardReplica)) throw new TypeError('a board catches up with a board')
    this.#document = Automerge.merge(this.#document, other.#document)
  }

  agreesWith(value: unknown): boolean {
    return isDeepStrictEqual(value, valueOf(this.#document))
  }
}
