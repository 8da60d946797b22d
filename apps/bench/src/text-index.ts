import { Slices, type Plugin } from '@uni/reload-core'
import { indexKind, type IndexHandle, type IndexKindProvider } from '@uni/reload-index'
import { Field, makeData, RecordBatch, Schema, Struct, Utf8, vectorFromArray, type Data } from 'apache-arrow'
import MiniSearch from 'minisearch'

export interface Document {
  readonly id: string
  readonly text: string
}

const SCHEMA = new Schema([new Field('id', new Utf8()), new Field('text', new Utf8())])
const DOCUMENTS_A_CHUNK = 256

/** A full-text index on MiniSearch. Its image is its documents: it can be taken at once, and read a slice at a time. */
export class TextIndex implements IndexHandle {
  readonly snapshot = 'isolated'
  readonly documents = new Map<string, Document>()
  readonly #words = new MiniSearch<Document>({ fields: ['text'] })

  static async of(documents: Iterable<Document> | AsyncIterable<Document>, slices = new Slices()): Promise<TextIndex> {
    const index = new TextIndex()
    for await (const document of documents) {
      index.#put(document)
      if (slices.due()) await slices.pause()
    }
    return index
  }

  apply(changes: RecordBatch): void {
    const id = changes.getChildAt(0)
    const text = changes.getChildAt(1)
    for (let row = 0; row < changes.numRows; row += 1)
      this.#put({ id: String(id?.get(row)), text: String(text?.get(row)) })
  }

  probe(query: RecordBatch, k: number): RecordBatch {
    const hits = this.#words.search(String(query.getChild('text')?.get(0))).slice(0, k)
    return batchOf(hits.map(({ id }) => this.documents.get(String(id)) as Document))
  }

  schema(): Schema {
    return SCHEMA
  }

  persist(): AsyncIterable<Uint8Array> {
    // Documents are replaced and never changed, so an array of them is a point in time.
    return chunksOf([...this.documents.values()])
  }

  #put(document: Document): void {
    const before = this.documents.get(document.id)
    if (before !== undefined) this.#words.remove(before)
    this.#words.add(document)
    this.documents.set(document.id, document)
  }
}

export const textIndexes: IndexKindProvider = {
  kind: 'text',
  build: () => {
    throw new Error('it is only opened')
  },
  open: (image, ctx) => TextIndex.of(documentsIn(image.stream()), ctx.slices()),
}

export function textPlugin(): Plugin {
  return {
    manifest: { id: 'text', version: '1.0.0' },
    register: (registrar) => {
      registrar.provide(indexKind, textIndexes)
    },
  }
}

export function batchOf(documents: readonly Document[]): RecordBatch {
  const children = [documents.map(({ id }) => id), documents.map(({ text }) => text)].map(
    (values) => vectorFromArray(values, new Utf8()).data[0] as Data,
  )
  return new RecordBatch(
    SCHEMA,
    makeData({ type: new Struct(SCHEMA.fields), length: documents.length, nullCount: 0, children }),
  )
}

async function* chunksOf(documents: readonly Document[]): AsyncGenerator<Uint8Array> {
  const encoder = new TextEncoder()
  for (let at = 0; at < documents.length; at += DOCUMENTS_A_CHUNK) {
    yield encoder.encode(JSON.stringify(documents.slice(at, at + DOCUMENTS_A_CHUNK)))
  }
}

/** A chunk is passed on as it was made, so each is a JSON text of its own. */
async function* documentsIn(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Document> {
  const decoder = new TextDecoder()
  for await (const chunk of chunks) yield* JSON.parse(decoder.decode(chunk)) as Document[]
}
