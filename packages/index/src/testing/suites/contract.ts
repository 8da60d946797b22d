import type { Expectation } from '@uni/reload-core/testing'
import { indexKind } from '../../contract.js'
import { diffSchema, showDifferences } from '../../schema/diff.js'
import { assertSchema } from '../../shape.js'
import type { Bench } from '../bench.js'
import type { Case } from '../case.js'

/** The shape of a provider and its handles. */
export const contractCases: readonly Case[] = [
  {
    key: 'contract/provider',
    rule: 'P1',
    title: 'a provider has a kind, build and open, and the kind is the same in every version',
    async run(bench: Bench, expect: Expectation) {
      const { provider } = bench
      expect.that(
        typeof provider.kind === 'string' && provider.kind !== '',
        `kind has to be a text, and is ${String(provider.kind)}`,
      )
      for (const method of indexKind.methods ?? []) {
        const found = typeof (provider as unknown as Record<string, unknown>)[method]
        expect.that(found === 'function', `${method} has to be a function, and is ${found}`)
      }
      const { kind } = await bench.previous()
      expect.that(
        kind === provider.kind,
        `a live index is handed over by its kind: it was "${kind}", and is "${provider.kind}"`,
      )
    },
  },
  {
    key: 'contract/build',
    rule: 'P1',
    title: 'build() and finalize() give a handle, with a schema',
    needs: ['contract/provider'],
    async run(bench: Bench, expect: Expectation) {
      expect.that(
        bench.fixture.source.numRows >= 3,
        `the source of make() has ${bench.fixture.source.numRows} rows, and three are needed to see anything`,
      )
      const handle = await bench.built()
      await expect.works('schema()', () => assertSchema(handle.schema(), 'what schema() returned'))
    },
  },
  {
    key: 'contract/empty',
    rule: 'P1',
    title: 'an index of no rows is an index',
    needs: ['contract/claims'],
    async run(bench: Bench) {
      await bench.meaning(await bench.builtEmpty())
    },
  },
  {
    key: 'contract/claims',
    rule: 'P1',
    title: 'what is claimed is there, and what is there is claimed',
    needs: ['contract/build'],
    async run(bench: Bench, expect: Expectation) {
      const { provider, capabilities } = bench
      const handle = await bench.built()
      const found = {
        writes: handle.apply !== undefined,
        filter: handle.supportsFilter === true,
        isolated: handle.snapshot === 'isolated',
        samples: provider.samples !== undefined,
      }
      for (const [claim, has] of Object.entries(found)) {
        const claimed = capabilities[claim as keyof typeof found] ?? false
        expect.that(claimed === has, `capabilities.${claim} is ${claimed}, and the provider says ${has}`)
      }
    },
  },
  {
    key: 'contract/schema',
    rule: 'P1',
    title: 'the schema is the same for every index',
    needs: ['contract/empty'],
    async run(bench: Bench, expect: Expectation) {
      const handle = await bench.built()
      const { schema } = await bench.meaning(handle)
      if (schema === undefined) return
      for (const [what, other] of [
        ['without rows', await bench.builtEmpty()],
        ['of another process', await bench.built(await bench.elsewhere())],
      ] as const) {
        const differences = diffSchema(schema, other.schema())
        expect.that(
          differences.length === 0,
          `the schema of an index ${what} is another: ${showDifferences(differences)}`,
        )
      }
    },
  },
]
