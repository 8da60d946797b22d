import { Slices, type Plugin } from '@uni/reload-core'
import {
  indexKind, type IndexBuild, type IndexContext, type IndexHandle, type IndexImage, type IndexKindProvider,
} from '@uni/reload-index'
import type { RecordBatch, Schema } from 'apache-arrow'
import MiniSearch, { type SearchOptions } from 'minisearch'
import { answerSchema } from '../../schema.js'
import { answerOf, applyChange, changesOf, INDEX_OPTIONS, textOf, tidy, type IndexedDocument } from './documents.js'
import { imagePieces, jsonOfImage } from './image.js'

/** Words that are begun or misspelt are found too, titles count twice, and an image is written in slices. */
export function fulltextV2(): Plugin {
  return {
    manifest: { id: 'fulltext', version: '2.0.0', capabilities: [indexKind.id] },
    register: (registrar) => { registrar.provide(indexKind, new FulltextV2()) },
  }
}

export class FulltextV2 implements IndexKindProvider {
  readonly kind = 'fulltext'
  readonly version: string = '2.0.0'

  build(source: RecordBatch): IndexBuild {
    const handle = new LenientIndex(new MiniSearch<IndexedDocument>(INDEX_OPTIONS))
    return { finalize: () => handle.fill(source).then(() => handle) }
  }

  async open(image: IndexImage, ctx: IndexContext): Promise<IndexHandle> {
    const json = jsonOfImage(await image.bytes())
    ctx.signal.throwIfAborted()
    return new LenientIndex(await MiniSearch.loadJSONAsync(json, INDEX_OPTIONS))
  }
}

const SEARCH: SearchOptions = { prefix: (term) => term.length > 2, fuzzy: (term) => (term.length > 4 ? 0.2 : false), boost: { title: 2 } }
/** Terms to a frame of the image: a fraction of a millisecond's work. */
const TERMS_A_FRAME = 256

class LenientIndex implements IndexHandle {
  readonly snapshot = 'isolated'
  #index: MiniSearch<IndexedDocument>

  constructor(index: MiniSearch<IndexedDocument>) {
    this.#index = index
  }

  /** Fills an index that nobody sees yet. */
  async fill(source: RecordBatch): Promise<void> {
    const slices = new Slices()
    for (const change of changesOf(source)) {
      applyChange(this.#index, change)
      if (slices.due()) await slices.pause()
    }
  }

  probe(query: RecordBatch, k: number): RecordBatch {
    const text = textOf(query)
    const results = text === '' ? this.#index.search(MiniSearch.wildcard) : this.#index.search(text, SEARCH)
    return answerOf(results.slice(0, k))
  }

  persist(ctx: IndexContext): AsyncIterable<Uint8Array> {
    // The copy is taken here and now; later writes do not reach it. Only its text is made bit by bit.
    const { index, ...rest } = this.#index.toJSON()
    return inSlices(imagePieces(jsonParts(JSON.stringify(rest), index, ctx)), ctx.signal)
  }

  schema(): Schema {
    return answerSchema
  }

  /** In one go, so that no query sees half of a commit. */
  apply(changes: RecordBatch): void {
    for (const change of changesOf(changes)) applyChange(this.#index, change)
    tidy(this.#index)
  }

  close(): void {
    this.#index = new MiniSearch<IndexedDocument>(INDEX_OPTIONS)
  }
}

/** The JSON of an index: an object of everything else, with its terms added as the last property. */
function * jsonParts(rest: string, terms: readonly unknown[], ctx: IndexContext): Generator<string> {
  yield `${rest.slice(0, -1)},"index":[`
  for (let from = 0; from < terms.length; from += TERMS_A_FRAME) {
    const frame = JSON.stringify(terms.slice(from, from + TERMS_A_FRAME)).slice(1, -1)
    yield from === 0 ? frame : `,${frame}`
    ctx.progress(Math.min(from + TERMS_A_FRAME, terms.length), terms.length)
  }
  yield ']}'
}

async function * inSlices(pieces: Iterable<Uint8Array>, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const slices = new Slices()
  for (const piece of pieces) {
    yield piece
    if (!slices.due()) continue
    await slices.pause()
    signal.throwIfAborted()
  }
}
