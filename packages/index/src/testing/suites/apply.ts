import type { Expectation } from '@uni/reload-core/testing'
import { diffSchema, showDifferences } from '../../schema/diff.js'
import type { Bench } from '../bench.js'
import type { Case } from '../case.js'

const A_DOZEN = Array.from({ length: 12 }, (_, nth) => nth)

/** The tests that have to pass before a test that applies changes is run. */
export const CHANGES_WORK: readonly string[] = ['apply/same', 'apply/schema', 'filter/changes']

export const applyCases: readonly Case[] = [
  {
    key: 'apply/shows',
    rule: 'P3',
    title: 'a change shows once apply() has settled',
    claims: ['writes'],
    needs: ['probe/k', 'filter/complete'],
    async run(bench: Bench, expect: Expectation) {
      const handle = await bench.built()
      const before = await bench.answers(handle)
      await bench.apply(handle, [0])
      expect.that(
        (await bench.difference(handle, before)) !== undefined,
        'after change 0 every answer is as before. Either it was not applied, or no query of make() shows it',
      )
    },
  },
  {
    key: 'apply/same',
    rule: 'P4',
    title: 'the same changes mean the same on another handle',
    claims: ['writes'],
    needs: ['apply/shows'],
    async run(bench: Bench) {
      const one = await bench.rebuilt(bench.provider, A_DOZEN)
      await bench.expectMeaning(
        await bench.rebuilt(await bench.elsewhere(), A_DOZEN),
        await bench.meaning(one),
        'an index that took the same changes',
      )
    },
  },
  {
    key: 'apply/schema',
    rule: 'P1',
    title: 'the schema is the same after changes',
    claims: ['writes'],
    needs: ['contract/schema', 'apply/shows'],
    async run(bench: Bench, expect: Expectation) {
      const handle = await bench.built()
      const { schema } = await bench.meaning(handle)
      await bench.apply(handle, A_DOZEN)
      const differences = schema === undefined ? [] : diffSchema(schema, handle.schema())
      expect.that(
        differences.length === 0,
        `the schema of an index that was changed is another: ${showDifferences(differences)}`,
      )
    },
  },
  {
    key: 'apply/none',
    rule: 'P3',
    title: 'a batch without rows changes nothing',
    claims: ['writes'],
    needs: ['apply/shows'],
    async run(bench: Bench, expect: Expectation) {
      const handle = await bench.built()
      const before = await bench.answers(handle)
      await expect.works('apply() of a batch without rows', () => handle.apply?.(bench.change(0).slice(0, 0)))
      await bench.expectAnswers(handle, before, 'an index that took a batch without rows')
    },
  },
  {
    key: 'apply/wholly',
    rule: 'P3',
    title: 'a batch is applied wholly, or refused and not at all',
    claims: ['writes'],
    needs: ['apply/same'],
    async run(bench: Bench, expect: Expectation) {
      const { badChanges = [] } = bench.fixture
      expect.that(
        badChanges.length > 0,
        'make() gives no `badChanges`. The capability `writes` needs one batch that apply() has to refuse',
      )
      const handle = await bench.built()
      const before = await bench.answers(handle)
      for (const [nth, changes] of badChanges.entries()) {
        await expect.refused(`bad change ${nth}`, () => handle.apply?.(changes))
        await bench.expectAnswers(handle, before, `an index that refused bad change ${nth}`)
      }
      await bench.apply(handle, [0])
      await bench.expectAnswers(
        handle,
        await bench.answers(await bench.rebuilt(bench.provider, [0])),
        'an index that refused changes and then took one',
      )
    },
  },
]
