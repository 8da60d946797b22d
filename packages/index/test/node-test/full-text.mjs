import { Field, RecordBatch, Schema, tableFromJSON, Utf8 } from 'apache-arrow'
import MiniSearch from 'minisearch'

const OPTIONS = { fields: ['text'], storeFields: ['text'] }
export const batchOf = (rows) => tableFromJSON(rows).batches[0] ?? new RecordBatch({})
const docsOf = (batch) => batch.toArray().map((row) => row.toJSON())

const handleOf = (search) => ({
  schema: () => new Schema([new Field('id', new Utf8(), false)]),
  probe: (query, k) => batchOf(search.search(docsOf(query)[0]?.text ?? '').slice(0, k).map(({ id }) => ({ id }))),
  apply(changes) {
    const docs = docsOf(changes)
    if (!docs.every(({ id }) => id)) throw new TypeError('a document has no id') // wholly, or not at all
    for (const doc of docs) {
      // Its `replace` would leave the old text in the scores for a while.
      if (search.has(doc.id)) search.remove({ ...doc, ...search.getStoredFields(doc.id) })
      search.add(doc)
    }
  },
  persist: () => new TextEncoder().encode(JSON.stringify(search)),
})

/** The kind of the README's example. */
export const fullText = {
  kind: 'fulltext',
  build(source) {
    const search = new MiniSearch(OPTIONS)
    search.addAll(docsOf(source))
    return { finalize: () => handleOf(search) }
  },
  open: async (image) => handleOf(MiniSearch.loadJSON(new TextDecoder().decode(await image.bytes()), OPTIONS)),
}
