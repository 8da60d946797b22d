import type { CrdtReplica, Random } from '@uni/reload-crdt/testing'
import * as Y from 'yjs'

/** Somebody who edits a note. */
export class NoteReplica implements CrdtReplica {
  readonly #doc = new Y.Doc()

  constructor(id: number) {
    this.#doc.clientID = id
  }

  edit(random: Random): Uint8Array {
    const before = Y.encodeStateVector(this.#doc)
    const body = this.#doc.getText('body')
    const meta = this.#doc.getMap('meta')
    const at = Math.floor(random() * 1_000)
    const key = `key ${at % 4}`
    const dice = random()
    this.#doc.transact(() => {
      if (dice < 0.2 && body.length > 0) body.delete(at % body.length, 1)
      else if (dice < 0.3 && body.length > 0) body.format(at % body.length, 1, { bold: true })
      else if (dice < 0.4 && meta.has(key)) meta.delete(key)
      else if (dice < 0.6) meta.set(key, { at, words: ['ä', at.toString(36)] })
      else body.insert(at % (body.length + 1), at.toString(36))
    })
    return Y.encodeStateAsUpdate(this.#doc, before)
  }

  receive(op: Uint8Array): void {
    Y.applyUpdate(this.#doc, op)
  }
}
