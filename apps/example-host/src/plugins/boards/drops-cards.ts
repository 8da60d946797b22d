import type { Plugin } from '@uni/reload-core'
import { crdtKind, type CrdtState } from '@uni/reload-crdt'
import type { BoardValue, OpenedBoard } from './board.js'
import { BoardsV2, JournalledBoard } from './v2.js'

/** Reads every board without a complaint, and shows nobody the cards that have the id of another. */
export function dropsCards(): Plugin {
  return {
    manifest: { id: 'boards', version: '3.0.0', capabilities: [crdtKind.id] },
    register: (registrar) => {
      registrar.provide(crdtKind, new DropsCards())
    },
  }
}

class DropsCards extends BoardsV2 {
  override readonly version = '3.0.0'

  protected override wrap(board: OpenedBoard): CrdtState {
    return new BoardOfOneEach(board)
  }
}

class BoardOfOneEach extends JournalledBoard {
  override value(): BoardValue {
    return { cards: [...new Map(super.value().cards.map((card) => [card.id, card])).values()] }
  }
}
