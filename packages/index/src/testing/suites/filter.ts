import { attempt, type Expectation } from '@uni/reload-core/testing'
import { DEFAULT_K } from '../../canary.js'
import type { IndexHandle } from '../../contract.js'
import { differentTables, rowsOf, type RowTable } from '../../same-rows.js'
import type { Bench } from '../bench.js'
import type { Case } from '../case.js'

/** Filters that the index itself applies. */
export const filterCases: readonly Case[] = [
  {
    key: 'filter/complete',
    rule: 'P15',
    title: 'a filtered answer is the best k of the rows that the filter admits',
    claims: ['filter'],
    needs: ['probe/k'],
    async run(bench: Bench, expect: Expectation) {
      const {
        fixture: { queries, filters = [], source, k = DEFAULT_K },
      } = bench
      const handle = await bench.built()
      let [admitted, excluded] = [0, 0]
      for (const { filter, admits } of filters) {
        for (const [nth, query] of queries.entries()) {
          const all = rowsOf(await handle.probe(query, source.numRows + k))
          const fit = only(all, admits)
          admitted += fit.rows.length
          excluded += all.rows.length - fit.rows.length
          for (const wanted of [1, k, source.numRows + k]) {
            const found = rowsOf(await filtered(handle, query, wanted, filter))
            const difference = differentTables({ ...fit, rows: fit.rows.slice(0, wanted) }, found)
            expect.that(
              difference === undefined,
              `query ${nth}, the best ${wanted} that ${JSON.stringify(filter)} admits: ${difference}`,
            )
          }
        }
      }
      expect.that(
        admitted > 0 && excluded > 0,
        `the filters of make() admit ${admitted} rows and exclude ${excluded}, so nothing would be noticed`,
      )
    },
  },
  {
    key: 'filter/refused',
    rule: 'P15',
    title: 'a filter that is not understood is refused, not ignored',
    claims: ['filter'],
    needs: ['filter/complete'],
    async run(bench: Bench, expect: Expectation) {
      const {
        fixture: {
          queries: [query],
          badFilters = [],
        },
      } = bench
      if (query === undefined || badFilters.length === 0)
        return expect.fail('make() gives no `badFilters`. The capability `filter` needs one that is to be refused')
      const handle = await bench.built()
      const before = await bench.answers(handle)
      for (const filter of badFilters)
        await expect.refused(`the filter ${JSON.stringify(filter)}`, () => filtered(handle, query, 10, filter))
      // Whether `undefined` is a filter is up to the kind, but it must do no harm.
      await attempt(() => filtered(handle, query, 10, undefined))
      await bench.expectAnswers(handle, before, 'an index that refused a filter')
    },
  },
  {
    key: 'filter/changes',
    rule: 'P15',
    title: 'a filter sees what was changed',
    claims: ['filter', 'writes'],
    needs: ['filter/complete', 'apply/same'],
    async run(bench: Bench, expect: Expectation) {
      const {
        fixture: { queries, filters = [], source },
      } = bench
      const handle = await bench.rebuilt(bench.provider, [0, 1, 2, 3, 4, 5])
      const many = source.numRows + 1000
      for (const { filter, admits } of filters) {
        for (const [nth, query] of queries.entries()) {
          const expected = only(rowsOf(await handle.probe(query, many)), admits)
          const difference = differentTables(expected, rowsOf(await filtered(handle, query, many, filter)))
          expect.that(
            difference === undefined,
            `query ${nth} with ${JSON.stringify(filter)}, after changes: ${difference}`,
          )
        }
      }
    },
  },
]

async function filtered(
  handle: IndexHandle,
  ...args: Parameters<NonNullable<IndexHandle['probeFiltered']>>
): Promise<Awaited<ReturnType<IndexHandle['probe']>>> {
  if (!handle.probeFiltered) throw new TypeError('the handle has no probeFiltered()')
  return handle.probeFiltered(...args)
}

function only({ columns, rows }: RowTable, admits: (row: Readonly<Record<string, unknown>>) => boolean): RowTable {
  return { columns, rows: rows.filter((row) => admits(Object.fromEntries(columns.map((name, at) => [name, row[at]])))) }
}
