import type { Plugin } from '@uni/reload-core'
import { crdtKind, type CrdtKindProvider, type CrdtSample, type CrdtState } from '@uni/reload-crdt'
import * as Y from 'yjs'
import { documentOf, TAG, tagged } from './container.js'
import { sampleDocuments } from './samples.js'

/** As before, persisted in the second, denser encoding of Yjs. */
export function notesV2(): Plugin {
  return {
    manifest: { id: 'notes', version: '2.0.0', capabilities: [crdtKind.id] },
    register: (registrar) => {
      registrar.provide(crdtKind, new NotesV2())
    },
  }
}

export class NotesV2 implements CrdtKindProvider {
  readonly kind = 'notes'
  readonly version: string = '2.0.0'

  empty(): CrdtState {
    return this.wrap(new Y.Doc())
  }

  fromPersisted(bytes: Uint8Array): CrdtState {
    return this.wrap(documentOf(bytes))
  }

  *samples(): Generator<CrdtSample> {
    for (const { doc, late } of sampleDocuments()) yield Object.assign(this.wrap(doc), { late })
  }

  protected wrap(doc: Y.Doc): CrdtState {
    return new DenseNote(doc)
  }
}

/** What a note means. */
export interface NoteValue {
  readonly body: string
  readonly meta: Readonly<Record<string, unknown>>
}

export class DenseNote implements CrdtState {
  readonly #doc: Y.Doc
  readonly #body: Y.Text
  readonly #meta: Y.Map<unknown>

  constructor(doc: Y.Doc) {
    this.#doc = doc
    this.#body = doc.getText('body')
    this.#meta = doc.getMap('meta')
  }

  apply(op: Uint8Array): void {
    // Yjs would keep the part of a malformed update that it could read.
    Y.decodeUpdate(op)
    Y.applyUpdate(this.#doc, op)
  }

  merge(other: CrdtState): void {
    if (!(other instanceof DenseNote)) throw new TypeError('a note is merged with a note of the same version')
    Y.applyUpdateV2(this.#doc, Y.encodeStateAsUpdateV2(other.#doc, Y.encodeStateVector(this.#doc)))
  }

  value(): NoteValue {
    const pieces = this.#body.toDelta() as readonly { insert: unknown }[]
    return {
      body: pieces
        .map(({ insert }) => insert)
        .filter((insert) => typeof insert === 'string')
        .join(''),
      meta: Object.fromEntries(
        Array.from(this.#meta, ([key, value]) => [
          key,
          value instanceof Y.AbstractType ? (value.toJSON() as unknown) : value,
        ]),
      ),
    }
  }

  persist(): Uint8Array {
    return tagged(TAG.updateV2, Y.encodeStateAsUpdateV2(this.#doc))
  }

  close(): void {
    this.#doc.destroy()
  }
}
