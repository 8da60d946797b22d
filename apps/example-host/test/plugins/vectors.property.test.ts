import { join } from 'node:path'
import { fc } from '@fast-check/vitest'
import { buildIndex, indexContext, indexKind, type IndexHandle } from '@uni/reload-index'
import { fileSpool } from '@uni/reload-index/node'
import { expect, it } from 'vitest'
import { toBatch, type DocumentChange } from '../../src/host/document.js'
import { everyDocument, textQuery } from '../../src/host/queries.js'
import { vectorsEntry } from '../../src/plugins/vectors/entry.js'
import { providerOf } from './support/providers.js'
import { tempDirectory } from './support/temp-directory.js'

const CONTEXT = indexContext({ key: 'vectors', name: 'documents' })

const change = fc.record({ id: fc.integer({ min: 0, max: 400 }).map((n) => `d${n}`), deleted: fc.boolean() })
const turn = fc.oneof(
  { weight: 6, arbitrary: fc.array(change, { minLength: 1, maxLength: 300 }) },
  { weight: 1, arbitrary: fc.constantFrom('none', 'all') },
  { weight: 4, arbitrary: fc.constantFrom('v1', 'v2') },
)

// Long, since what goes wrong in a native index goes wrong late.
it('I4 the index has the last revision of each document and finds it by its text, whichever version opens it how often', () =>
  fc.assert(
    fc.asyncProperty(fc.array(turn, { maxLength: 40 }), async (turns) => {
      await using directory = await tempDirectory()
      const entry = vectorsEntry(join(directory.path, 'images'))
      const spool = fileSpool(join(directory.path, 'spool'))
      const model = new Map<string, number>()
      let handle: IndexHandle = await buildIndex(providerOf(entry.v1(), indexKind), toBatch([]))
      let revision = 0
      const write = async (changes: readonly { id: string; deleted: boolean }[]): Promise<void> => {
        const rows = changes.map(({ id, deleted }): DocumentChange => ({
          id,
          deleted,
          revision: revision++,
          title: id,
          details: textOf(revision - 1),
        }))
        for (const { id, deleted, revision: at } of rows) {
          if (deleted) model.delete(id)
          else model.set(id, at)
        }
        await handle.apply?.(toBatch(rows))
      }

      for (const what of turns) {
        if (what === 'v1' || what === 'v2') {
          const persisted = await handle.persist(CONTEXT)
          const image = await spool.adopt((persisted as { file: string }).file)
          handle = await providerOf(entry[what](), indexKind).open(image, CONTEXT)
          await image.discard()
        } else if (typeof what === 'string') {
          await write(Array.from({ length: 400 }, (_, n) => ({ id: `d${n}`, deleted: what === 'none' })))
        } else {
          await write(what)
        }
        const answer = await handle.probe(everyDocument, Infinity)
        expect(answer.numRows).toBe(model.size)
        expect(new Map(Array.from(answer, (row) => [row['id'], row['revision']]))).toEqual(model)
        for (const [id, at] of [...model].slice(-3)) {
          const [best] = await handle.probe(textQuery(`${id} ${textOf(at)}`), 1)
          expect(best?.['id']).toBe(id)
          expect(best?.['score']).toBeCloseTo(1, 4)
        }
      }
    }),
    { numRuns: 40 },
  ))

/** Words that are of one revision only. */
function textOf(revision: number): string {
  return `${(revision * 7919 + 104729).toString(36)} ${(revision * 15485863 + 7).toString(36)}`
}
