import { OldProviders, ReloadDispatcher, type CountedVerdict } from '@uni/reload-core'
import type { Expectation } from '@uni/reload-core/testing'
import { indexKind, type IndexKindProvider } from '../../contract.js'
import { indexHandoff } from '../../strategy.js'
import type { Bench } from '../bench.js'
import type { Case } from '../case.js'

/** The samples by which a later version is judged. */
export const sampleCases: readonly Case[] = [
  {
    key: 'samples/judged',
    rule: 'P16',
    title: 'the samples can be built and asked, and the version itself stands up to them',
    claims: ['samples'],
    needs: ['image/empty', 'ending/close'],
    async run(bench: Bench, expect: Expectation) {
      const samples = await expect.works('samples()', () => [...(bench.provider.samples?.() ?? [])])
      expect.that(samples.length > 0, 'samples() gives none')
      expect.that(
        samples.some(({ source, queries }) => source.numRows > 0 && queries.length > 0),
        'no sample has rows and queries, so nothing would be noticed',
      )
      const verdict = await verdictOf(bench, bench.provider, await bench.elsewhere())
      expect.that(
        verdict?.level === 'compatible',
        `judged by its own samples the version is ${JSON.stringify(verdict)}`,
      )
      await bench.expectNothingLeft('when the samples have been judged')
    },
  },
]

export async function verdictOf(
  bench: Bench,
  old: IndexKindProvider,
  next: IndexKindProvider,
): Promise<CountedVerdict | undefined> {
  const { spool } = bench.fixture
  const dispatcher = new ReloadDispatcher([indexHandoff({ ...(spool && { spool }) })])
  const report = await dispatcher.checkCompat(
    new OldProviders().add(indexKind, old),
    new OldProviders().add(indexKind, next),
  )
  return report.entries[0]?.verdict
}
