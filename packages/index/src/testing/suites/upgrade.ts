import type { Expectation } from '@uni/reload-core/testing'
import type { Bench } from '../bench.js'
import type { Case } from '../case.js'
import { verdictOf } from './samples.js'

/** Reloads from the version before, whose code is at hand. */
export const upgradeCases: readonly Case[] = [
  {
    key: 'upgrade/reads',
    rule: 'P17',
    title: 'what the version before persisted means the same',
    claims: ['upgrade'],
    needs: ['image/empty'],
    async run(bench: Bench) {
      for (const handle of [
        await bench.built(await bench.previous()),
        await bench.builtEmpty(await bench.previous()),
      ]) {
        const meant = await bench.meaning(handle)
        await bench.expectMeaning(
          await bench.opened(await bench.persisted(handle)),
          meant,
          'what the version before persisted',
        )
      }
    },
  },
  {
    key: 'upgrade/goes-on',
    rule: 'P17',
    title: 'changes mean the same as on the version before',
    claims: ['upgrade', 'writes'],
    needs: ['upgrade/reads', 'image/goes-on'],
    async run(bench: Bench) {
      const previous = await bench.previous()
      const handle = await bench.rebuilt(previous, [0, 1, 2, 3])
      const opened = await bench.opened(await bench.persisted(handle))
      await bench.apply(opened, [4, 5, 6, 7])
      await bench.apply(handle, [4, 5, 6, 7])
      await bench.expectMeaning(
        opened,
        await bench.meaning(handle),
        'an index of the version before, changed since it was taken over,',
      )
    },
  },
  {
    key: 'upgrade/samples',
    rule: 'P17',
    title: 'it stands up to the samples of the version before',
    claims: ['upgrade'],
    needs: ['upgrade/reads', 'samples/judged'],
    async run(bench: Bench, expect: Expectation) {
      const verdict = await verdictOf(bench, await bench.previous(), bench.provider)
      // The version before may have no samples, which is no fault of this one.
      const wanted = (await bench.previous()).samples ? ['compatible'] : ['compatible', 'unjudged']
      expect.that(
        wanted.includes(verdict?.level ?? ''),
        `judged by the samples of the version before it is ${JSON.stringify(verdict)}`,
      )
    },
  },
  {
    key: 'upgrade/way-back',
    rule: 'P17',
    title: 'the version before reads what this one persists',
    claims: ['upgrade', 'downgrade'],
    needs: ['image/empty'],
    async run(bench: Bench) {
      const previous = await bench.previous()
      for (const handle of [await bench.built(), await bench.builtEmpty()]) {
        const meant = await bench.meaning(handle)
        await bench.expectMeaning(
          await bench.opened(await bench.persisted(handle), previous),
          meant,
          'what this version persisted, to the version before,',
        )
      }
    },
  },
]
