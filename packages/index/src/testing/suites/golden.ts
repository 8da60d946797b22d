import type { Expectation } from '@uni/reload-core/testing'
import { differentTables, rowsOf } from '../../same-rows.js'
import type { Bench } from '../bench.js'
import type { Case } from '../case.js'
import type { IndexGolden } from '../golden.js'

/** Images of earlier versions, read and compared with the answers they gave then. */
export function goldenCases(golden: readonly IndexGolden[]): readonly Case[] {
  return golden.map(({ name, image, answers }): Case => ({
    key: `golden/${name}`,
    rule: 'P17',
    title: 'is read, and answers as it did when it was written',
    needs: ['image/empty', 'image/goes-on', 'image/again', 'image/harmless'],
    async run(bench: Bench, expect: Expectation) {
      const { queries } = bench.fixture
      expect.that(
        queries.length >= answers.length,
        `it was written with ${answers.length} queries, and make() gives ` +
          `${queries.length}. Keep the queries, and add new ones at the end`,
      )
      const handle = await bench.opened(bench.imageOf(new Uint8Array(image)))
      for (const [nth, answer] of (await bench.answers(handle)).slice(0, answers.length).entries()) {
        const difference = differentTables(answers[nth] as IndexGolden['answers'][number], rowsOf(answer))
        expect.that(difference === undefined, `query ${nth} is answered otherwise: ${difference}`)
      }
      if (!bench.capabilities.writes) return
      await bench.apply(handle, [20, 21, 22])
      const again = await bench.opened(await bench.persisted(handle), await bench.elsewhere())
      await bench.expectMeaning(
        again,
        await bench.meaning(handle),
        'it, changed, persisted by this version and opened again,',
      )
    },
  }))
}
