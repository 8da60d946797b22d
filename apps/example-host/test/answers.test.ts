import { fc } from '@fast-check/vitest'
import { expect, it } from 'vitest'
import { batchOf } from '../src/batch-of.js'
import { differentDocuments } from '../src/host/different-documents.js'
import { listingOf } from '../src/listing.js'
import { byRank } from '../src/ranking.js'
import { answerSchema } from '../src/schema.js'

interface Row {
  readonly id: string
  readonly revision: number
}

const rows = fc.uniqueArray(fc.record({ id: fc.string({ unit: 'grapheme' }), revision: fc.nat({ max: 1_000_000 }) }), {
  selector: ({ id }) => id,
})
const listing = (of: readonly Row[]): ReturnType<typeof batchOf> =>
  batchOf(
    answerSchema,
    of.map((row) => ({ ...row, score: 1 })),
  )

it('a listing is what a batch of its rows would be', () =>
  fc.assert(
    fc.asyncProperty(rows, async (documents) => {
      const made = await listingOf(documents)
      expect(made.schema).toEqual(answerSchema)
      expect(made.toArray().map((row: { toJSON(): object }) => row.toJSON())).toEqual(
        documents.map(({ id, revision }) => ({ id, revision, score: 1 })),
      )
    }),
  ))

it('I6 answers are told apart by the documents they have and their revisions, in whatever order', () =>
  fc.assert(
    fc.property(rows, fc.nat(), (documents, at) => {
      const answer = listing(documents)
      expect(differentDocuments(answer, listing(documents))).toBeUndefined()
      expect(differentDocuments(answer, listing(documents.toReversed()))).toBeUndefined()
      const changed = documents[at % documents.length]
      if (changed === undefined) return
      const others = documents.filter((document) => document !== changed)
      expect(differentDocuments(answer, listing(others))).toBe(
        `document ${changed.id} is at revision ${changed.revision} in the old index and at none in the new one`,
      )
      expect(differentDocuments(listing(others), answer)).toBe(
        `${others.length} documents in the old index, ${documents.length} in the new one`,
      )
      const next = { ...changed, revision: changed.revision + 1 }
      expect(differentDocuments(answer, listing([...others, next]))).toBe(
        `document ${changed.id} is at revision ${changed.revision} in the old index and at ${next.revision} in the new one`,
      )
    }),
  ))

it('documents are ranked by their scores, and by their ids where only the last digits differ', () => {
  const ranked = [
    { id: 'b', score: 0.3 },
    { id: 'c', score: 0.7 },
    { id: 'a', score: 0.1 + 0.2 },
  ].toSorted(byRank)
  expect(ranked.map(({ id }) => id)).toEqual(['c', 'a', 'b'])
})
