import { setTimeout as sleep } from 'node:timers/promises'
import { compareAll, millisecondsOf, PLATFORM, type Contender } from '../measure.js'
import { versionOf } from '../package-version.js'
import type { Result } from '../result.js'
import { Queries } from '../serve/queries.js'
import { documents } from '../serve/search.js'
import { Server } from '../serve/server.js'

const STEADY_MS = 2_000
/** Clients go on this long after a reload, to see what it left behind. */
const AFTER_MS = 300
/** Of the thread's time, what a reload may take. */
const SHARE = 0.25
const P50_LIMIT = 1.5
const P99_LIMIT = 1.2
const WHILE = 'while an index of 20,000 documents is replaced in an HTTP server that is asked 500 times a second'

/** What clients notice of a reload. */
export async function* serve(): AsyncGenerator<Result> {
  await using ours = await Server.start('serve/uni-reload', { SHARE: String(SHARE) })
  await using unpaced = await Server.start('serve/uni-reload')
  await using restartable = await Server.start('serve/restartable')
  await using restarted = await Server.start('serve/restarted')
  yield* await compareAll(
    [
      { id: 'serve', question: `Queries that fail ${WHILE}`, unit: 'queries' },
      {
        id: 'serve/p50',
        question: `Half of the queries that are answered are answered within so many times the steady median, ${WHILE}`,
        unit: '×',
        limit: P50_LIMIT,
      },
      {
        id: 'serve/p99',
        question: 'And 99 of 100 within so many times what it is steadily',
        unit: '×',
        limit: P99_LIMIT,
      },
      {
        id: 'serve/took',
        question: 'From the request to reload to its end, the closing of the old index included',
        unit: 'ms',
      },
    ],
    {
      rounds: 7,
      withinS: 90,
      ours: rounds(ours, () => ours.reload()),
      peers: [
        {
          name: '@fastify/restartable',
          version: versionOf('@fastify/restartable'),
          run: rounds(restartable, () => restartable.reload()),
        },
        {
          name: 'restart of the process',
          version: PLATFORM.version,
          run: rounds(restarted, () => restarted.restart()),
        },
        {
          name: 'the same host without a pace',
          version: PLATFORM.version,
          run: rounds(unpaced, () => unpaced.reload()),
        },
      ],
    },
  )
}

function rounds(server: Server, reload: () => Promise<void>): Contender<readonly number[]>['run'] {
  const queried = documents()
  return async () => {
    using queries = new Queries(server.port, queried)
    const steady = await queries.during(() => sleep(STEADY_MS))
    if (steady.failed > 0) throw new Error(`${steady.failed} queries failed while nothing was replaced`)
    let tookMs = 0
    const seen = await queries.during(async () => {
      tookMs = await millisecondsOf(reload)
      await sleep(AFTER_MS)
    })
    return [seen.failed, seen.p50 / steady.p50, seen.p99 / steady.p99, tookMs]
  }
}
