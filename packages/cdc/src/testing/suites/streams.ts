import { ASYNC_DISPOSE, PluginHost } from '@uni/reload-core'
import type { CdcLsn } from '../../contract.js'
import { expectedLsn, takeCheckpoint } from '../../progress.js'
import { startStream } from '../../start-stream.js'
import { cdcOutput } from '../../surface.js'
import type { Suite } from '../case.js'
import type { History } from '../history.js'
import { RELOADS, RESUMES } from '../needs.js'
import { pluginOf } from '../served.js'

/** The ids of streams are so far apart that no two streams share one. */
const FIRST_ID = 10_000
const STREAMS = 8

export const streamsSuite: Suite = ({ streams = 'many' }) =>
  streams === 'one'
    ? []
    : [
        {
          key: 'streams/apart',
          rule: 'P12',
          title: 'keeps the rows and the LSNs of two streams apart',
          needs: RESUMES,
          async run(bench) {
            const provider = bench.fixture.provider()
            // Its LSNs overlap with those of the first stream, and its ids do not.
            const other = bench.newHistory(bench.history.origin - 5n, FIRST_ID)
            const first = await bench.open({ provider })
            const second = await bench.open({ provider, stream: 'customers', fromLsn: other.origin })
            for (let at = 0; at < 3; at += 1) {
              await bench.deliver(first, bench.history.commit(2))
              await bench.deliver(second, other.commit(1, 7n))
            }
            const checkpoint = await bench.checkpoint(first)
            await bench.shutdown(first)
            await bench.deliver(second, other.commit(3, 7n))
            const end = await bench.checkpoint(second)
            await bench.shutdown(second)
            await bench.expectStored(checkpoint)
            await bench.expectStored(end, { history: other, stream: 'customers' })
          },
        },
        {
          key: 'streams/restart-one',
          rule: 'P12',
          title: 'starts one of its streams again while the other goes on',
          needs: RESUMES,
          async run(bench) {
            const provider = bench.fixture.provider()
            const other = bench.newHistory(bench.history.origin, FIRST_ID)
            const first = await bench.open({ provider })
            let second = await bench.open({ provider, stream: 'customers' })
            let at = other.origin
            for (let visit = 0; visit < 3; visit += 1) {
              await bench.deliver(first, bench.history.commit())
              await bench.deliver(second, ...other.from(at), other.commit())
              at = await bench.checkpoint(second)
              await bench.shutdown(second)
              await bench.deliver(first, bench.history.commit())
              second = await bench.open({ provider: bench.fixture.provider(), stream: 'customers', fromLsn: at })
            }
            const checkpoint = await bench.checkpoint(first)
            await bench.shutdown(first)
            await bench.shutdown(second)
            await bench.expectStored(checkpoint)
            await bench.expectStored(at, { history: other, stream: 'customers' })
          },
        },
        {
          key: 'streams/reload',
          rule: 'P12',
          title: 'hands over all of its streams in one reload',
          needs: [...RELOADS, 'streams/apart'],
          async run(bench) {
            const {
              expect,
              fixture,
              history: { origin },
            } = bench
            const histories = new Map(
              Array.from({ length: STREAMS }, (_, at) => [
                `stream ${at}`,
                bench.newHistory(origin + BigInt(at), at * FIRST_ID),
              ]),
            )
            await using host = new PluginHost({ strategies: [bench.strategy({})] })
            const provider = fixture.provider()
            const handle = await host.add(pluginOf(1, provider))
            const streams = await expect.works(`attaching ${STREAMS} streams`, () =>
              Promise.all(
                Array.from(histories, async ([name, history]) => await attached(host, provider.name, name, history)),
              ),
            )
            await expect.works('every delivery', () => Promise.all(streams.map(({ catchUp }) => catchUp())))
            await expect.works(
              'a reload',
              async () => await (await host.reload(handle, pluginOf(2, fixture.provider()))).finalized,
            )
            await expect.works('every delivery', () => Promise.all(streams.map(({ catchUp }) => catchUp())))
            const ends = await Promise.all(streams.map(({ checkpoint }) => expect.works('checkpoint()', checkpoint)))
            await host[ASYNC_DISPOSE]()
            for (const [at, { name, history }] of streams.entries())
              await bench.expectStored(ends[at] ?? origin, { history, stream: name })
          },
        },
      ]

/** A live stream in a host, with a history of its own. */
async function attached(
  host: PluginHost,
  key: string,
  name: string,
  history: History,
): Promise<{
  readonly name: string
  readonly history: History
  /** Commits, and delivers everything that the stream has not received. */
  catchUp(): Promise<void>
  checkpoint(): Promise<CdcLsn>
}> {
  const live = await host.attach(cdcOutput, {
    name,
    key,
    open: (one) => startStream(one, { stream: name, fromLsn: history.origin, signal: new AbortController().signal }),
  })
  return {
    name,
    history,
    async catchUp() {
      for (const rows of [1, 2]) history.commit(rows)
      for (const batch of history.from((await live.use(expectedLsn)) ?? history.origin)) await live.write(batch)
    },
    checkpoint: () => live.use((stream) => takeCheckpoint(stream)),
  }
}
