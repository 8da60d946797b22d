import { attempt } from '@uni/reload-core/testing'
import type { CdcLsn, CdcStream } from '../../contract.js'
import type { Bench } from '../bench.js'
import type { Case, Suite } from '../case.js'
import { halfReadable } from '../half-readable.js'
import { STORES } from '../needs.js'

/** Delivers with a checkpoint on the way, and more after it. Returns the checkpoint and the stream. */
async function delivered(bench: Bench): Promise<{ checkpoint: CdcLsn; stream: CdcStream }> {
  const { history } = bench
  const stream = await bench.open()
  for (const rows of [2, 3]) await bench.deliver(stream, history.commit(rows))
  const checkpoint = await bench.checkpoint(stream)
  for (const rows of [1, 2, 2]) await bench.deliver(stream, history.commit(rows))
  return { checkpoint, stream }
}

/** Has the stream fail in the middle of a batch of 5 rows. Returns whether it accepted the batch all the same. */
async function failsHalfway(bench: Bench, stream: CdcStream): Promise<boolean> {
  const { expect, history } = bench
  const good = history.head
  const batch = history.commit(5)
  const delivered = await attempt(() => stream.deliver({ ...batch, mutations: halfReadable(batch.mutations, 2) }))
  if ('value' in delivered) return true
  const checkpoint = await bench.checkpoint(stream)
  if (checkpoint > good) {
    expect.fail(
      `the batch that ends at ${batch.lsnEnd} was refused in the middle, and the checkpoint ${checkpoint} covers it`,
    )
  }
  return false
}

const needs = [...STORES, 'resumption/at-the-lsn']

export const redeliverySuite: Suite = ({ guarantee, crash }) => [
  {
    key: 'redelivery/after-a-restart',
    rule: 'P7',
    title: 'loses nothing when it is started at a checkpoint behind what it was handed',
    needs,
    async run(bench) {
      const { checkpoint, stream } = await delivered(bench)
      await bench.shutdown(stream)
      bench.history.commit()
      await bench.finish(checkpoint)
    },
  },
  {
    key: 'redelivery/of-what-is-durable',
    rule: 'P7',
    title: 'takes what it has made durable once more, where the checkpoint could not be saved',
    needs: [...needs, 'redelivery/after-a-restart'],
    async run(bench) {
      const { history } = bench
      for (let at = 0; at < 4; at += 1) history.commit()
      await bench.visit(history.from(history.origin))
      history.commit()
      await bench.finish(history.origin)
    },
  },
  {
    key: 'redelivery/again-and-again',
    rule: 'P7',
    title: 'gets on, however often the same batches come',
    needs: [...needs, 'redelivery/after-a-restart'],
    async run(bench) {
      const { history } = bench
      for (let visit = 0; visit < 5; visit += 1) {
        history.commit()
        await bench.visit(history.from(history.origin))
      }
      await bench.finish(history.origin)
    },
  },
  {
    key: 'redelivery/after-a-refusal-halfway',
    rule: 'P7',
    title: 'counts no row of a batch that failed in the middle, and takes all of it when it comes again',
    needs: [...needs, 'redelivery/after-a-restart', 'bad-input/no-columns', 'bad-input/other-columns'],
    async run(bench) {
      const { history } = bench
      const stream = await bench.open()
      await bench.deliver(stream, history.commit())
      const good = history.head
      if (await failsHalfway(bench, stream)) {
        // A sink that reads a batch only when it flushes cannot accept it again: it is delivered again after a restart.
        const flushed = await attempt(() => bench.checkpoint(stream))
        await bench.shutdown(stream)
        return bench.finish('value' in flushed ? flushed.value : history.origin)
      }
      await bench.deliver(stream, ...history.from(good), history.commit())
      const checkpoint = await bench.checkpoint(stream)
      await bench.shutdown(stream)
      await bench.expectStored(checkpoint)
    },
  },
  ...(crash
    ? ([
        {
          key: 'redelivery/after-a-crash',
          rule: 'P7',
          title: 'takes what comes again after a crash, whatever of it was stored',
          needs: [...needs, 'redelivery/after-a-restart', 'checkpoint/survives-a-crash'],
          async run(bench) {
            const { checkpoint, stream } = await delivered(bench)
            await bench.end(stream)
            bench.history.commit()
            await bench.finish(checkpoint)
          },
        },
      ] satisfies readonly Case[])
    : []),
  ...(guarantee === 'exactly-once'
    ? ([
        {
          key: 'redelivery/to-the-same-stream',
          rule: 'P7',
          title: 'leaves out a batch whose acknowledgement was lost on the way',
          needs: [...needs, 'redelivery/after-a-restart'],
          async run(bench) {
            const { history } = bench
            const stream = await bench.open()
            for (const rows of [2, 1, 3]) {
              const batch = history.commit(rows)
              await bench.deliver(stream, batch, batch)
            }
            const checkpoint = await bench.checkpoint(stream)
            await bench.shutdown(stream)
            await bench.expectStored(checkpoint)
          },
        },
      ] satisfies readonly Case[])
    : []),
]
