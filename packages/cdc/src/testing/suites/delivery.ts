import type { CdcBatch } from '../../contract.js'
import type { Suite } from '../case.js'
import { HONEST, STORES } from '../needs.js'

export const deliverySuite: Suite = () => [
  {
    key: 'delivery/in-order',
    rule: 'P2',
    title: 'stores every row of every batch, in order',
    needs: HONEST,
    async run(bench) {
      for (const rows of [1, 3, 2, 5, 1]) bench.history.commit(rows)
      await bench.finish(bench.history.origin)
    },
  },
  {
    key: 'delivery/many-rows',
    rule: 'P2',
    title: 'stores a batch of 5,000 rows',
    needs: STORES,
    async run(bench) {
      for (const rows of [1, 5_000, 1]) bench.history.commit(rows)
      await bench.finish(bench.history.origin)
    },
  },
  {
    key: 'delivery/many-batches',
    rule: 'P2',
    title: 'stores 200 batches, with a checkpoint now and then',
    needs: STORES,
    async run(bench) {
      const { history } = bench
      const stream = await bench.open()
      for (let at = 0; at < 200; at += 1) {
        await bench.deliver(stream, history.commit(1))
        if (at % 64 === 63) await bench.checkpoint(stream)
      }
      const checkpoint = await bench.checkpoint(stream)
      await bench.shutdown(stream)
      await bench.expectStored(checkpoint)
    },
  },
  {
    key: 'delivery/no-rows',
    rule: 'P2',
    title: 'takes a batch without rows, and goes on behind it',
    needs: STORES,
    async run(bench) {
      const { history } = bench
      history.commit()
      history.commit(0, 8n)
      history.commit()
      await bench.finish(bench.history.origin)
    },
  },
  {
    key: 'delivery/leaves-batches-alone',
    rule: 'P2',
    title: 'changes nothing in a batch: other streams get it too',
    needs: STORES,
    async run(bench) {
      const batch: CdcBatch = bench.history.commit(4)
      const before = contents(batch)
      const stream = await bench.open()
      await bench.deliver(stream, batch)
      await bench.checkpoint(stream)
      await bench.shutdown(stream)
      if (contents(batch) !== before) bench.expect.fail('a batch that was delivered is what it was')
    },
  },
]

function contents({ lsnStart, lsnEnd, mutations, commitTimestamp }: CdcBatch): string {
  const rows = mutations
    .toArray()
    .map((row: { toJSON?(): unknown } | null) =>
      JSON.stringify(row?.toJSON?.(), (_, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value)),
    )
  return `${lsnStart} ${lsnEnd} ${commitTimestamp.toISOString()} ${rows.join('\n')}`
}
