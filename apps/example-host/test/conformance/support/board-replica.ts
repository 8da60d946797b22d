import * as Automerge from '@automerge/automerge'
import type { CrdtReplica, Random } from '@uni/reload-crdt/testing'
import { emptyBoard, type BoardDocument } from '../../../src/plugins/boards/board.js'

/** Somebody who edits a board. */
export class BoardReplica implements CrdtReplica {
  #doc: BoardDocument

  constructor(id: number) {
    this.#doc = emptyBoard(id.toString(16).padStart(2, '0'))
  }

  edit(random: Random): Uint8Array {
    const at = Math.floor(random() * 1_000)
    const word = at.toString(36)
    const dice = random()
    // Without a time, so that the operations are the same each time.
    this.#doc = Automerge.change(this.#doc, { time: 0 }, (board) => {
      const { cards } = board
      if (cards.length === 0 || dice < 0.3) cards.splice(at % (cards.length + 1), 0, { id: `card ${word}`, text: word })
      else if (dice < 0.45) Automerge.deleteAt(cards, at % cards.length)
      else if (dice < 0.6) (cards[at % cards.length] as { text: string }).text = `all new ${word}`
      else Automerge.splice(board as BoardDocument, ['cards', at % cards.length, 'text'], 0, dice < 0.7 ? 1 : 0, word)
    })
    return Automerge.getLastLocalChange(this.#doc) as Uint8Array
  }

  receive(op: Uint8Array): void {
    this.#doc = Automerge.applyChanges(this.#doc, [op])[0]
  }
}
