import { attempt, type Expectation } from '@uni/reload-core/testing'
import { DEFAULT_K } from '../../canary.js'
import { differentTables, rowsOf } from '../../same-rows.js'
import { assertBatch } from '../../shape.js'
import type { Bench } from '../bench.js'
import type { Case } from '../case.js'

/** Queries and answers. */
export const probeCases: readonly Case[] = [
  {
    key: 'probe/finds',
    rule: 'P2',
    title: 'the questions of the fixture find something, and no more than k rows',
    needs: ['contract/claims'],
    async run(bench: Bench, expect: Expectation) {
      const { queries, k } = bench.questions
      const answers = await bench.answers(await bench.built())
      for (const [nth, { numRows }] of answers.entries())
        expect.that(numRows <= k, `query ${nth} was asked for ${k} rows, and gave ${numRows}`)
      expect.that(
        queries.length > 0 && answers.some(({ numRows }) => numRows > 0),
        'make() gives no query that finds anything, so nothing would be noticed',
      )
    },
  },
  {
    key: 'probe/repeatable',
    rule: 'P2',
    title: 'a question changes nothing: asked again, at once or in another order, it has the same answer',
    needs: ['probe/finds'],
    async run(bench: Bench, expect: Expectation) {
      const handle = await bench.built()
      const before = await bench.answers(handle)
      await bench.expectAnswers(handle, before, 'an index that was asked before')
      const { queries, k, compare } = bench.questions
      const {
        queries: { length },
      } = bench.fixture
      const plain = queries.slice(0, length).toReversed() as typeof bench.fixture.queries
      const now = await expect.works('several probe() at once', () =>
        Promise.all(plain.map(async (query) => handle.probe(query, k))),
      )
      for (const [nth, answer] of now.toReversed().entries()) {
        const difference = compare(before[nth] as typeof answer, answer)
        expect.that(
          difference === undefined,
          `query ${nth}, asked along with others, is answered otherwise: ${difference}`,
        )
      }
    },
  },
  {
    key: 'probe/k',
    rule: 'P2',
    title: 'the best row is the first of the best k, and k may be more than there are',
    needs: ['probe/repeatable'],
    async run(bench: Bench, expect: Expectation) {
      const handle = await bench.built()
      const {
        fixture: { queries, source, k = DEFAULT_K },
      } = bench
      for (const [nth, query] of queries.entries()) {
        const [one, some, all] = await expect.works('probe()', () =>
          Promise.all([1, k, source.numRows + k].map(async (wanted) => rowsOf(await handle.probe(query, wanted)))),
        )
        if (!one || !some || !all) continue
        for (const [wanted, few] of [
          [1, one],
          [k, some],
        ] as const) {
          const difference = differentTables({ ...all, rows: all.rows.slice(0, wanted) }, few)
          expect.that(
            difference === undefined,
            `query ${nth}: the best ${wanted} are not the first of all: ${difference}`,
          )
        }
      }
    },
  },
  {
    key: 'probe/odd',
    rule: 'P2',
    title: 'a question that makes no sense is refused or answered, and does no harm',
    needs: ['probe/repeatable'],
    async run(bench: Bench, expect: Expectation) {
      const handle = await bench.built()
      const before = await bench.answers(handle)
      const [query] = bench.fixture.queries
      if (!query) return
      for (const [what, ask] of [
        ['k = 0', () => handle.probe(query, 0)],
        ['a negative k', () => handle.probe(query, -1)],
        ['no number for k', () => handle.probe(query, Number.NaN)],
        ['a query without rows', () => handle.probe(query.slice(0, 0), 1)],
        ['no query', () => handle.probe(undefined as never, 1)],
      ] as const) {
        const outcome = await attempt(ask)
        if ('value' in outcome)
          await expect.works(what, () => assertBatch(outcome.value, `what probe() gave for ${what}`))
      }
      await bench.expectAnswers(handle, before, 'an index that was asked what makes no sense')
    },
  },
]
