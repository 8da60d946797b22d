import type { Bench } from '../bench.js'
import type { Case } from '../case.js'

/** Handles do not affect one another. */
export const independenceCases: readonly Case[] = [
  {
    key: 'independent/changes',
    rule: 'P14',
    title: 'a change to one index is none to another',
    claims: ['writes'],
    needs: ['image/goes-on', 'image/harmless'],
    async run(bench: Bench) {
      const one = await bench.built()
      const other = await bench.built()
      const opened = await bench.opened(await bench.persisted(one))
      const before = await bench.answers(one)
      await bench.apply(opened, [0, 1, 2])
      await bench.expectAnswers(one, before, 'an index whose successor was changed')
      await bench.expectAnswers(other, before, 'an index of the same rows, of which another was changed')
      const after = await bench.answers(opened)
      await bench.apply(one, [3, 4])
      await bench.expectAnswers(opened, after, 'an index whose predecessor was changed')
      await bench.expectAnswers(other, before, 'an index of the same rows, of which two were changed')
    },
  },
  {
    key: 'independent/close',
    rule: 'P14',
    title: 'closing one index leaves the others',
    needs: ['image/harmless'],
    async run(bench: Bench) {
      const one = await bench.built()
      const before = await bench.answers(one)
      const first = await bench.opened(await bench.persisted(one))
      const second = await bench.opened(await bench.persisted(one))
      await bench.close(first)
      await bench.expectAnswers(one, before, 'an index whose successor was closed')
      await bench.close(one)
      await bench.expectAnswers(second, before, 'an index whose predecessor was closed')
      await bench.expectAnswers(await bench.built(), before, 'an index that was built when others had been closed')
    },
  },
]
