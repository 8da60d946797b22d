import type { Plugin } from '@uni/reload-core'
import { crdtKind, type CrdtKindProvider, type CrdtSample, type CrdtState } from '@uni/reload-crdt'
import * as Automerge from '@automerge/automerge'
import { joinParts } from '../../tagged-parts.js'
import {
  emptyBoard,
  merged,
  openBoard,
  TAG,
  valueOf,
  withChanges,
  type BoardDocument,
  type BoardValue,
} from './board.js'
import { sampleBoards } from './samples.js'

/** Boards: a list of cards, edited by many at once. An operation is an Automerge change; a board is persisted whole. */
export function boardsV1(): Plugin {
  return {
    manifest: { id: 'boards', version: '1.0.0', capabilities: [crdtKind.id] },
    register: (registrar) => {
      registrar.provide(crdtKind, new BoardsV1())
    },
  }
}

class BoardsV1 implements CrdtKindProvider {
  readonly kind = 'boards'
  readonly version = '1.0.0'

  empty(): CrdtState {
    return new Board(emptyBoard())
  }

  fromPersisted(bytes: Uint8Array): CrdtState {
    return new Board(openBoard(bytes).doc)
  }

  *samples(): Generator<CrdtSample> {
    for (const { doc, late } of sampleBoards()) yield Object.assign(new Board(doc), { late })
  }
}

class Board implements CrdtState {
  #doc: BoardDocument

  constructor(doc: BoardDocument) {
    this.#doc = doc
  }

  apply(op: Uint8Array): void {
    this.#doc = withChanges(this.#doc, [op])
  }

  merge(other: CrdtState): void {
    if (!(other instanceof Board)) throw new TypeError('a board is merged with a board of the same version')
    this.#doc = merged(this.#doc, other.#doc)
  }

  value(): BoardValue {
    return valueOf(this.#doc)
  }

  persist(): Uint8Array {
    return joinParts({ tag: TAG.saved, parts: [Automerge.save(this.#doc)] })
  }

  close(): void {
    Automerge.free(this.#doc)
  }
}
