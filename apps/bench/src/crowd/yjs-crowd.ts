import { isDeepStrictEqual } from 'node:util'
import { crdtHandoff, crdtKind, type CrdtKindProvider, type CrdtState } from '@uni/reload-crdt'
import * as Y from 'yjs'
import { Corpus } from '../writers.js'
import type { CrowdKind, StoredKind } from './kind.js'

const KIND = 'page'
const TEXT_BYTES = 20 * 1024
/** What is typed at a time, and by how many in turn: a text that one person pasted would be one item to Yjs. */
const TYPED_BYTES = 40
const AUTHORS = 4
const WRITER = 1000

/** A text, and how often somebody has made a mark in it. */
class Page implements CrdtState {
  readonly doc = new Y.Doc()
  readonly values = 'isolated'

  constructor(bytes: Uint8Array) {
    // Roots have their type before anything comes in for them.
    this.doc.getText('text')
    this.doc.getMap('marks')
    Y.applyUpdate(this.doc, bytes)
  }

  get marks(): number {
    return this.doc.getMap<number>('marks').get('made') ?? 0
  }

  apply(op: Uint8Array): void {
    Y.applyUpdate(this.doc, op)
  }
  merge(other: CrdtState): void {
    Y.applyUpdate(this.doc, other.persist())
  }
  value(): unknown {
    return { text: this.doc.getText('text').toJSON(), marks: this.marks }
  }
  persist(): Uint8Array {
    return Y.encodeStateAsUpdate(this.doc)
  }
  close(): void {
    this.doc.destroy()
  }
}

/** The marks of one writer. No document that they are made in depends on the others, so all can have the same ones. */
class Marks {
  readonly #doc = new Y.Doc()
  readonly #made: Uint8Array[] = []

  constructor() {
    this.#doc.clientID = WRITER
    this.#doc.on('update', (update: Uint8Array) => {
      this.#made.push(update)
    })
  }

  at(count: number): Uint8Array {
    while (this.#made.length <= count) this.#doc.getMap('marks').set('made', this.#made.length + 1)
    return this.#made[count] as Uint8Array
  }
}

const written = typed()
const marks = new Marks()

export const yjsCrowd: CrowdKind<CrdtKindProvider, CrdtState, Uint8Array> = {
  surface: crdtKind,
  key: KIND,
  strategy: crdtHandoff,
  plugin: (version) => ({
    manifest: { id: 'pages', version: `${version}.0.0` },
    register: (registrar) => {
      registrar.provide(crdtKind, {
        kind: KIND,
        fromPersisted: (bytes) => new Page(bytes),
        empty: () => new Page(Y.encodeStateAsUpdate(new Y.Doc())),
        *samples() {
          yield new Page(written)
        },
      })
    },
  }),
  open: (provider) => provider.fromPersisted(written),
  write: (count) => marks.at(count),
  writesIn: (page) => (page as Page).marks,
}

export const storedPages: StoredKind<Page> = {
  create: () => new Page(written),
  save: (page) => page.persist(),
  load: (saved) => new Page(saved as Uint8Array),
}

export function writtenPages(count: number): Page[] {
  return Array.from({ length: count }, () => new Page(written))
}

/** The least that it takes: the bytes of each, a document made of them, and whether that says the same. */
export function handedOverByHand(pages: readonly Page[]): Page[] {
  return pages.map((old) => {
    const next = new Page(old.persist())
    if (!isDeepStrictEqual(next.value(), old.value())) throw new Error('a document is not what it was')
    old.close()
    return next
  })
}

/** A document as several people write one, here and there. */
function typed(): Uint8Array {
  const corpus = new Corpus()
  const doc = new Y.Doc()
  const text = doc.getText('text')
  for (let count = 0; text.length < TEXT_BYTES; count += 1) {
    doc.clientID = (count % AUTHORS) + 1
    const words = corpus.document('').text.slice(0, TYPED_BYTES).padEnd(TYPED_BYTES)
    text.insert(corpus.below(text.length + 1), words)
  }
  return Y.encodeStateAsUpdate(doc)
}
