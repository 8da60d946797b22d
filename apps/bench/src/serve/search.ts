import type { FastifyInstance } from 'fastify'
import type { IndexHandle } from '@uni/reload-index'
import { batchOf, type Document } from '../text-index.js'
import { Corpus } from '../writers.js'

const DOCUMENTS = 20_000
const HITS = 10

/** What all servers search: the same in every process. */
export function documents(): Document[] {
  const corpus = new Corpus()
  return Array.from({ length: DOCUMENTS }, (_, at) => corpus.document(String(at)))
}

/**
 * The route that is queried: the ids of the documents that have the words. `search` is given what looks into an index.
 */
export function serveSearch(
  app: FastifyInstance,
  search: <T>(look: (index: IndexHandle) => Promise<T>) => Promise<T>,
): void {
  app.get<{ Querystring: { words: string } }>('/search', ({ query: { words } }) =>
    search(async (index) => {
      const hits = await index.probe(batchOf([{ id: '', text: words }]), HITS)
      return { ids: Array.from(hits.getChild('id') ?? [], String) }
    }),
  )
}
