import type { CdcLsn } from '../../contract.js'
import type { Case, Suite } from '../case.js'
import { HONEST, OPENS, STORES } from '../needs.js'

export const checkpointSuite: Suite = ({ crash, flushes = true }) => [
  {
    key: 'checkpoint/where-it-started',
    rule: 'P3',
    title: 'answers the LSN it was started at, before any delivery',
    needs: OPENS,
    async run(bench) {
      const { origin } = bench.history
      const stream = await bench.open()
      const checkpoint = await bench.checkpoint(stream)
      await bench.shutdown(stream)
      if (checkpoint !== origin)
        bench.expect.fail(
          `a stream that was started at ${origin} and handed nothing has its checkpoint there, and said ${checkpoint}`,
        )
    },
  },
  {
    key: 'checkpoint/not-ahead',
    rule: 'P3',
    title: 'never answers beyond what it was handed',
    needs: OPENS,
    async run(bench) {
      const { expect, history } = bench
      const stream = await bench.open()
      for (const rows of [2, 1, 4]) {
        await bench.deliver(stream, history.commit(rows, 10n))
        const checkpoint = await bench.checkpoint(stream)
        if (checkpoint > history.head)
          expect.fail(`nothing beyond ${history.head} was delivered, and the checkpoint is ${checkpoint}`)
      }
      await bench.shutdown(stream)
    },
  },
  {
    key: 'checkpoint/never-falls',
    rule: 'P3',
    title: 'never answers below an earlier checkpoint, or below its start',
    needs: OPENS,
    async run(bench) {
      const { expect, history } = bench
      const stream = await bench.open()
      let before: CdcLsn = history.origin
      for (const deliveries of [0, 1, 0, 3, 0, 0, 2, 0]) {
        for (let at = 0; at < deliveries; at += 1) await bench.deliver(stream, history.commit())
        const checkpoint = await bench.checkpoint(stream)
        if (checkpoint < before)
          expect.fail(`what was durable stays so; the checkpoint was ${before}, and fell to ${checkpoint}`)
        before = checkpoint
      }
      await bench.shutdown(stream)
    },
  },
  {
    key: 'checkpoint/on-boundaries',
    rule: 'P4',
    title: 'answers only where a batch ends',
    needs: [...OPENS, 'checkpoint/where-it-started', 'checkpoint/not-ahead', 'checkpoint/never-falls'],
    async run(bench) {
      const { expect, history } = bench
      const stream = await bench.open()
      for (const rows of [3, 5, 2, 7]) {
        await bench.deliver(stream, history.commit(rows, 100n))
        const checkpoint = await bench.checkpoint(stream)
        if (!history.isBoundary(checkpoint))
          expect.fail(`a checkpoint lies where a batch ends, and ${checkpoint} lies inside one`)
      }
      await bench.shutdown(stream)
    },
  },
  {
    key: 'checkpoint/own-deliveries-only',
    rule: 'P3',
    title: 'counts what this stream was handed, not what the sink has from before',
    needs: [...OPENS, 'checkpoint/where-it-started', 'checkpoint/not-ahead'],
    async run(bench) {
      const { expect, history } = bench
      const batches = Array.from({ length: 4 }, () => history.commit())
      await bench.visit(batches)
      const stream = await bench.open()
      const atStart = await bench.checkpoint(stream)
      const [first] = batches
      if (first) await bench.deliver(stream, first)
      const afterOne = await bench.checkpoint(stream)
      await bench.shutdown(stream)
      if (atStart > history.origin)
        expect.fail(
          `this stream was handed nothing, and its checkpoint is ${atStart}, beyond its start at ${history.origin}`,
        )
      if (first && afterOne > first.lsnEnd)
        expect.fail(`this stream was handed what ends at ${first.lsnEnd}, and its checkpoint is ${afterOne}`)
    },
  },
  {
    key: 'checkpoint/stored-below',
    rule: 'P5',
    title: 'has stored what lies below a checkpoint when it answers',
    needs: [...OPENS, 'checkpoint/not-ahead'],
    async run(bench) {
      const { history } = bench
      const stream = await bench.open()
      for (const rows of [2, 1, 3]) {
        await bench.deliver(stream, history.commit(rows))
        await bench.expectNoneMissing(await bench.checkpoint(stream), 'when it answers')
      }
      await bench.shutdown(stream)
    },
  },
  ...(flushes
    ? ([
        {
          key: 'checkpoint/reaches-the-end',
          rule: 'P3',
          title: 'reaches the end of what was delivered, at rest',
          needs: HONEST,
          async run(bench) {
            const { expect, history } = bench
            const stream = await bench.open()
            for (let at = 0; at < 3; at += 1) await bench.deliver(stream, history.commit())
            const checkpoint = await bench.checkpoint(stream)
            await bench.shutdown(stream)
            if (checkpoint < history.head)
              expect.fail(
                `all up to ${history.head} was delivered, and the checkpoint stays at ${checkpoint}: the log ` +
                  'would be held for ever',
              )
          },
        },
      ] satisfies readonly Case[])
    : []),
  ...(crash
    ? ([
        {
          key: 'checkpoint/survives-a-crash',
          rule: 'P5',
          title: 'has what lies below a checkpoint after a crash',
          needs: STORES,
          async run(bench) {
            const { history } = bench
            const stream = await bench.open()
            for (let at = 0; at < 3; at += 1) await bench.deliver(stream, history.commit())
            const checkpoint = await bench.checkpoint(stream)
            await bench.deliver(stream, history.commit())
            await bench.end(stream)
            // What lies beyond the checkpoint may be there or not.
            await bench.expectNoneMissing(checkpoint, 'after a crash')
          },
        },
      ] satisfies readonly Case[])
    : []),
]
