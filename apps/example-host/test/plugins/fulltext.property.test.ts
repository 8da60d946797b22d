import { fc } from '@fast-check/vitest'
import { buildIndex, indexKind } from '@uni/reload-index'
import { expect, it } from 'vitest'
import { toBatch, type DocumentChange } from '../../src/host/document.js'
import { everyDocument, textQuery } from '../../src/host/queries.js'
import { fulltextEntry as entry } from '../../src/plugins/fulltext/entry.js'
import { hostWith } from './support/host.js'
import { reload } from './support/turned-away.js'

const change: fc.Arbitrary<Omit<DocumentChange, 'revision'>> = fc.record({
  id: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
  deleted: fc.boolean(),
  title: fc.string({ unit: 'grapheme', maxLength: 20 }),
  details: fc.constantFrom('', 'one two', 'two three three', 'constructor __proto__'),
})
const turn = fc.oneof(
  { weight: 4, arbitrary: fc.array(change, { minLength: 1, maxLength: 8 }) },
  { weight: 1, arbitrary: fc.constant('reload' as const) },
  { weight: 1, arbitrary: fc.constantFrom({ search: 'two' }, { search: 'thre' }, { search: 'constructor' }) },
)

it('I4 the index has the last revision of each document, whatever is replaced in between', () =>
  fc.assert(
    fc.asyncProperty(fc.array(turn, { maxLength: 30 }), async (turns) => {
      await using host = await hostWith(entry.v1())
      const movies = await host.attach(indexKind, {
        name: 'movies',
        key: 'fulltext',
        open: (provider) => buildIndex(provider, toBatch([])),
      })
      const model = new Map<string, number>()
      let revision = 0
      let reloads = 0
      for (const what of turns) {
        if (what === 'reload') {
          reloads += 1
          await reload(host, entry, reloads % 2 === 1 ? entry.v2() : entry.v1())
        } else if ('search' in what) {
          const { search } = what
          await movies.use(async (handle) => handle.probe(textQuery(search), 10))
        } else {
          const changes = what.map((one): DocumentChange => Object.assign({ revision: revision++ }, one))
          for (const { id, deleted, revision: at } of changes) {
            if (deleted) model.delete(id)
            else model.set(id, at)
          }
          await movies.write(toBatch(changes))
        }
        const answer = await movies.use(async (handle) => handle.probe(everyDocument, 100))
        expect(new Map(Array.from(answer, (row) => [row['id'], row['revision']]))).toEqual(model)
        expect(answer.numRows).toBe(model.size)
      }
    }),
    { numRuns: 60 },
  ))
