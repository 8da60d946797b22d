import { attempt } from '@uni/reload-core/testing'
import type { Suite } from '../case.js'
import { RESUMES, STORES } from '../needs.js'

export const shutdownSuite: Suite = () => [
  {
    key: 'shutdown/lets-go',
    rule: 'P8',
    title: 'lets go of all it held, for a successor to take at once',
    needs: ['contract/stream'],
    async run(bench) {
      const provider = bench.fixture.provider()
      const first = await bench.open({ provider })
      await bench.deliver(first, bench.history.commit())
      await bench.shutdown(first)
      // Alternates between the same provider and a new one.
      for (let visit = 0; visit < 6; visit += 1)
        await bench.shutdown(await bench.open(visit % 2 === 0 ? { provider } : {}))
    },
  },
  {
    key: 'shutdown/takes-nothing-more',
    rule: 'P8',
    title: 'acknowledges nothing after its shutdown, and stores nothing of it',
    needs: STORES,
    async run(bench) {
      const { expect, history } = bench
      const stream = await bench.open()
      await bench.deliver(stream, history.commit())
      const checkpoint = await bench.checkpoint(stream)
      await bench.shutdown(stream)
      const before = history.idsBelow(history.head)
      const late = history.commit()
      await expect.refused('a delivery after shutdown(), which nobody would make durable,', () => stream.deliver(late))
      const stored = await bench.stored()
      const leaked = history.idsBelow(history.head).filter((id) => stored.includes(id) && !before.includes(id))
      if (leaked.length > 0)
        expect.fail(`a stream that was shut down writes no more; it wrote the rows ${leaked.join(', ')}`)
      await bench.finish(checkpoint)
    },
  },
  {
    key: 'shutdown/twice',
    rule: 'P8',
    title: 'does no harm when it is shut down twice',
    needs: STORES,
    async run(bench) {
      const { history } = bench
      const first = await bench.open()
      await bench.deliver(first, history.commit())
      const checkpoint = await bench.checkpoint(first)
      await bench.shutdown(first)
      const second = await bench.open({ fromLsn: checkpoint })
      // The first shutdown may reject; what matters is the successor.
      await attempt(() => first.shutdown())
      await bench.deliver(second, ...history.from(checkpoint), history.commit())
      const end = await bench.checkpoint(second)
      await bench.shutdown(second)
      await bench.expectStored(end)
    },
  },
  {
    key: 'shutdown/without-deliveries',
    rule: 'P8',
    title: 'is shut down before it was handed anything',
    needs: RESUMES,
    async run(bench) {
      await bench.shutdown(await bench.open())
      bench.history.commit()
      await bench.finish(bench.history.origin)
    },
  },
]
