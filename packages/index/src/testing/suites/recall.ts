import type { Expectation } from '@uni/reload-core/testing'
import type { Bench } from '../bench.js'
import type { Case } from '../case.js'
import { MANY, reopenedNowAndThen } from '../many-changes.js'

/** Approximate searches. */
export const recallCases: readonly Case[] = [
  {
    key: 'recall/claimed',
    rule: 'P19',
    title: 'the index as built finds the share of the best rows that is claimed',
    claims: ['recall'],
    needs: ['probe/k'],
    async run(bench: Bench, expect: Expectation) {
      expect.that(bench.searches.size > 0, '`scan` answers no query of make(), so that nothing is held to the recall')
      await bench.expectRecall(await bench.built(), 0, 'the index as built')
    },
  },
  {
    key: 'recall/changed',
    rule: 'P19',
    title: 'it is found after hundreds of changes',
    claims: ['recall', 'writes'],
    needs: ['recall/claimed', 'apply/same'],
    async run(bench: Bench) {
      const changed = await bench.rebuilt(
        bench.provider,
        Array.from({ length: MANY }, (_, nth) => nth),
      )
      await bench.expectRecall(changed, MANY, `an index that took ${MANY} changes`)
    },
  },
  {
    key: 'recall/opened',
    rule: 'P19',
    title: 'it is found by an index that was opened again between its changes',
    claims: ['recall', 'writes'],
    needs: ['recall/changed', 'image/many'],
    async run(bench: Bench) {
      await bench.expectRecall(
        await reopenedNowAndThen(bench),
        MANY,
        'an index that was opened again between its changes',
      )
    },
  },
]
