import type { Bench } from '../bench.js'
import type { Suite } from '../case.js'
import { STORES } from '../needs.js'

/** Takes a stream up at its own checkpoints, again and again. */
async function staysExact(bench: Bench): Promise<void> {
  let at = bench.history.origin
  for (const rows of [2, 1, 2]) {
    bench.history.commit(rows)
    at = await bench.visit(bench.history.from(at), at)
    const { head } = bench.history
    if (at > head || !bench.history.isBoundary(at)) bench.expect.fail(`the checkpoint is an LSN where a batch ends, up to ${head}; found ${at}`)
  }
  await bench.expectStored(at)
}

export const lsnsSuite: Suite = () => [
  {
    key: 'lsns/of-any-step',
    rule: 'P2',
    title: 'does not take LSNs for row numbers',
    needs: STORES,
    async run(bench) {
      for (const [rows, step] of [[3, 96n], [1, 4_096n], [4, 1n], [2, 2n]] as const) bench.history.commit(rows, step)
      await bench.finish(bench.history.origin)
    },
  },
  {
    key: 'lsns/beyond-numbers',
    rule: 'P3',
    title: 'keeps LSNs exactly that no number can hold',
    needs: STORES,
    run: (bench) => staysExact(bench.from(2n ** 53n + 1n)),
  },
  {
    key: 'lsns/of-64-bits',
    rule: 'P3',
    title: 'keeps LSNs exactly that no signed integer of 64 bits can hold',
    needs: STORES,
    run: (bench) => staysExact(bench.from(2n ** 64n - 100n)),
  },
]
