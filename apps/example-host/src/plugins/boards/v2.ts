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
  type OpenedBoard,
} from './board.js'
import { sampleBoards } from './samples.js'

/** As before, persisted as a document and the changes since, so that what was saved once is not encoded again. */
export function boardsV2(): Plugin {
  return {
    manifest: { id: 'boards', version: '2.0.0', capabilities: [crdtKind.id] },
    register: (registrar) => {
      registrar.provide(crdtKind, new BoardsV2())
    },
  }
}

export class BoardsV2 implements CrdtKindProvider {
  readonly kind = 'boards'
  readonly version: string = '2.0.0'

  empty(): CrdtState {
    return this.wrap(saved(emptyBoard()))
  }

  fromPersisted(bytes: Uint8Array): CrdtState {
    return this.wrap(openBoard(bytes))
  }

  *samples(): Generator<CrdtSample> {
    for (const { doc, late } of sampleBoards()) yield Object.assign(this.wrap(saved(doc)), { late })
  }

  protected wrap(board: OpenedBoard): CrdtState {
    return new JournalledBoard(board)
  }
}

/** Below this many bytes of changes a board is not saved anew. */
const WORTH_SAVING = 16 * 1024

export class JournalledBoard implements CrdtState {
  #doc: BoardDocument
  #saved: Uint8Array
  #changes: Uint8Array[]
  #changedBytes: number

  constructor({ doc, saved, changes }: OpenedBoard) {
    this.#doc = doc
    this.#saved = saved
    this.#changes = [...changes]
    this.#changedBytes = changes.reduce((sum, change) => sum + change.byteLength, 0)
  }

  apply(op: Uint8Array): void {
    this.#doc = withChanges(this.#doc, [op])
    // Kept as it came: one that waits for others is in no incremental save of Automerge's.
    this.#changes.push(new Uint8Array(op))
    this.#changedBytes += op.byteLength
  }

  merge(other: CrdtState): void {
    if (!(other instanceof JournalledBoard)) throw new TypeError('a board is merged with a board of the same version')
    this.#doc = merged(this.#doc, other.#doc)
    this.#save()
  }

  value(): BoardValue {
    return valueOf(this.#doc)
  }

  persist(): Uint8Array {
    if (this.#changedBytes > Math.max(WORTH_SAVING, this.#saved.byteLength)) this.#save()
    return joinParts({ tag: TAG.journal, parts: [this.#saved, ...this.#changes] })
  }

  close(): void {
    Automerge.free(this.#doc)
  }

  #save(): void {
    this.#saved = Automerge.save(this.#doc)
    this.#changes = []
    this.#changedBytes = 0
  }
}

function saved(doc: BoardDocument): OpenedBoard {
  return { doc, saved: Automerge.save(doc), changes: [] }
}
