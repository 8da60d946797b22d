import { setTimeout as sleep } from 'node:timers/promises'
import { Visitors } from '../fastify/visitors.js'
import { compareAll, PLATFORM, type Contender } from '../measure.js'
import { versionOf } from '../package-version.js'
import type { Result } from '../result.js'
import { Server } from '../serve/server.js'

const STEADY_MS = 2_000
const RELOADS = 20
/** From the end of one reload to the beginning of the next. */
const BETWEEN_MS = 100
const P99_LIMIT = 1.2
const WHILE = `while a Fastify app is replaced ${RELOADS} times, with 2,000 requests a second and 20 WebSockets`

/** What visitors of a web server notice of its reloads. */
export async function* fastify(): AsyncGenerator<Result> {
  await using ours = await Server.start('fastify/uni-reload')
  await using restartable = await Server.start('fastify/restartable')
  await using restarted = await Server.start('fastify/restarted')
  yield* await compareAll(
    [
      { id: 'fastify', question: `Requests that fail ${WHILE}`, unit: 'queries', limit: 0 },
      {
        id: 'fastify/lost',
        question: 'Visits that were acknowledged, and are not counted then',
        unit: 'calls',
        limit: 0,
      },
      { id: 'fastify/sockets', question: 'WebSockets that are closed meanwhile', unit: 'calls', limit: 0 },
      { id: 'fastify/messages', question: 'Messages of WebSockets that are not answered', unit: 'calls', limit: 0 },
      {
        id: 'fastify/p50',
        question: 'Half of the requests are answered within so many times the steady median',
        unit: '×',
      },
      {
        id: 'fastify/p99',
        question: 'And 99 of 100 within so many times what it is steadily',
        unit: '×',
        limit: P99_LIMIT,
      },
    ],
    {
      rounds: 5,
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
      ],
    },
  )
}

function rounds(server: Server, reload: () => Promise<void>): Contender<readonly number[]>['run'] {
  return async () => {
    await using visitors = await Visitors.come(server.port)
    const steady = await visitors.during(() => sleep(STEADY_MS))
    if (steady.failed > 0) throw new Error(`${steady.failed} requests failed while nothing was replaced`)
    const seen = await visitors.during(async () => {
      for (let n = 0; n < RELOADS; n += 1) {
        await reload()
        await sleep(BETWEEN_MS)
      }
    })
    const lost = await visitors.lost()
    return [seen.failed, lost.visits, lost.sockets, lost.messages, seen.p50 / steady.p50, seen.p99 / steady.p99]
  }
}
