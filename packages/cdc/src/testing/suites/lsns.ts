import { attempt } from '@uni/reload-core/testing'
import type { Bench } from '../bench.js'
import type { Suite } from '../case.js'
import { STORES } from '../needs.js'

/** Opens a stream at its own checkpoints, again and again. */
async function staysExact(bench: Bench): Promise<void> {
  let at = bench.history.origin
  for (const rows of [2, 1, 2]) {
    bench.history.commit(rows)
    at = await bench.visit(bench.history.from(at), at)
    const { head } = bench.history
    if (at > head || !bench.history.isBoundary(at))
      bench.expect.fail(`the checkpoint is an LSN where a batch ends, up to ${head}; found ${at}`)
  }
  await bench.expectStored(at)
}

export const lsnsSuite: Suite = ({ lsnBits = 63 }) => [
  {
    key: 'lsns/of-any-step',
    rule: 'P2',
    title: 'does not take LSNs for row numbers',
    needs: STORES,
    async run(bench) {
      for (const [rows, step] of [
        [3, 96n],
        [1, 4_096n],
        [4, 1n],
        [2, 2n],
      ] as const)
        bench.history.commit(rows, step)
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
    key: 'lsns/to-the-last',
    rule: 'P3',
    title: `keeps LSNs exactly up to the last of ${lsnBits} bits`,
    needs: STORES,
    run: (bench) => staysExact(bench.from(2n ** BigInt(lsnBits) - 100n)),
  },
  {
    key: 'lsns/beyond-the-last',
    rule: 'P3',
    title: `keeps LSNs of more than ${lsnBits} bits exactly, or refuses them and is left as it was`,
    needs: [...STORES, 'lsns/to-the-last'],
    run: exactOrRefused,
  },
]

/** Delivers beyond the declared width of LSNs: the batch is stored with its own, or refused and not stored at all. */
async function exactOrRefused(narrow: Bench): Promise<void> {
  const bench = narrow.from(2n ** BigInt(narrow.capabilities.lsnBits ?? 63) - 3n)
  const { expect, history } = bench
  const stream = await bench.open()
  await bench.deliver(stream, history.commit(2, 2n))
  const good = await bench.checkpoint(stream)
  const beyond = history.commit(2, 10n)
  const delivered = await attempt(() => stream.deliver(beyond))
  const answered = await attempt(() => bench.checkpoint(stream))
  if ('value' in answered && answered.value !== good && answered.value !== beyond.lsnEnd) {
    expect.fail(
      `the checkpoint is ${good} or ${beyond.lsnEnd}, and it is ${answered.value}: an LSN of more bits is ` +
        'kept exactly, or refused',
    )
  }
  await attempt(() => stream.shutdown())
  const taken = 'value' in delivered && 'value' in answered && answered.value === beyond.lsnEnd
  if (!taken && 'error' in delivered) history.takeBack()
  await bench.expectStored('value' in answered ? answered.value : good)
}
