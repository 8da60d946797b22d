import type { Plugin } from '@uni/reload-core'
import { crdtKind, type CrdtKindProvider, type CrdtSample, type CrdtState } from '@uni/reload-crdt'
import * as Y from 'yjs'
import { documentOf, TAG, tagged } from './container.js'
import { sampleDocuments } from './samples.js'

/** Notes: a text `body` and a map `meta`, edited by many at once. An operation is a Yjs update. */
export function notesV1(): Plugin {
  return {
    manifest: { id: 'notes', version: '1.0.0', capabilities: [crdtKind.id] },
    register: (registrar) => {
      registrar.provide(crdtKind, new NotesV1())
    },
  }
}

class NotesV1 implements CrdtKindProvider {
  readonly kind = 'notes'
  readonly version = '1.0.0'

  empty(): CrdtState {
    return new Note(new Y.Doc())
  }

  fromPersisted(bytes: Uint8Array): CrdtState {
    return new Note(documentOf(bytes))
  }

  *samples(): Generator<CrdtSample> {
    for (const { doc, late } of sampleDocuments()) yield Object.assign(new Note(doc), { late })
  }
}

class Note implements CrdtState {
  readonly #doc: Y.Doc

  constructor(doc: Y.Doc) {
    this.#doc = doc
  }

  apply(op: Uint8Array): void {
    // Yjs would keep the part of a malformed update that it could read.
    Y.decodeUpdate(op)
    Y.applyUpdate(this.#doc, op)
  }

  merge(other: CrdtState): void {
    if (!(other instanceof Note)) throw new TypeError('a note is merged with a note of the same version')
    Y.applyUpdate(this.#doc, Y.encodeStateAsUpdate(other.#doc, Y.encodeStateVector(this.#doc)))
  }

  value(): { body: string; meta: Record<string, unknown> } {
    return { body: this.#doc.getText('body').toString(), meta: this.#doc.getMap('meta').toJSON() }
  }

  persist(): Uint8Array {
    return tagged(TAG.updateV1, Y.encodeStateAsUpdate(this.#doc))
  }

  close(): void {
    this.#doc.destroy()
  }
}
