import { setTimeout as sleep } from 'node:timers/promises'
import { compareAll, PLATFORM, type Asked } from '../measure.js'
import type { Result } from '../result.js'
import { Crowd, type CrowdSize, type Noticed } from './crowd.js'
import type { CrowdKind } from './kind.js'
import { restartMs } from './restart.js'

const STEADY_MS = 5_000
/** "≤ 5 ms p99, ≤ 10 ms at most." */
const P99_LIMIT_MS = 5
const LONGEST_LIMIT_MS = 10
const STALL_LIMIT_MS = 8

interface Asking<P, R, W> {
  readonly id: string
  readonly what: string
  readonly kind: CrowdKind<P, R, W>
  /** By which name a restarted process knows it. */
  readonly stored: 'notes' | 'pages'
  readonly size: CrowdSize
  readonly reloads: number
  readonly rounds: number
  readonly warmups: number
}

/** What a crowd notices of reloads, of a restart, and of nothing at all. */
export async function askCrowd<P, R, W>(asking: Asking<P, R, W>): Promise<Result[]> {
  const { kind, stored, size, reloads, rounds, warmups } = asking
  await using crowd = await Crowd.open(kind, size)
  return await compareAll(questions(asking), {
    rounds,
    warmups,
    withinS: 60,
    ours: async () => answers(await crowd.noticed(() => crowd.reload(reloads))),
    peers: [
      {
        name: 'restart of the process, once',
        version: PLATFORM.version,
        run: async () => answers(noticedOfRestart(await restartMs(stored, size.documents), size)),
      },
      {
        name: 'nothing is replaced',
        version: PLATFORM.version,
        run: async () => answers(await crowd.noticed(() => sleep(STEADY_MS))),
      },
    ],
  })
}

function questions<P, R, W>({ id, what, reloads }: Asking<P, R, W>): Asked[] {
  const longest = (sort: string, told: string): Asked => ({
    id: `${id}/${sort}`,
    unit: 'ms',
    limit: LONGEST_LIMIT_MS,
    question: `The longest write to ${told}, through the same`,
  })
  return [
    {
      id: `${id}/p99`,
      unit: 'ms',
      limit: P99_LIMIT_MS,
      question:
        '99 of 100 writes are accepted within this, through ' +
        `${reloads === 1 ? 'a reload' : `${reloads} reloads`} of ${what}`,
    },
    longest('cold', 'one of the documents that are hardly ever written to'),
    longest('warm', 'one of the tenth that has writers'),
    longest('hot', 'the one that is written to most'),
    {
      id: `${id}/opened`,
      unit: 'ms',
      limit: LONGEST_LIMIT_MS,
      question: 'The longest that opening another document takes meanwhile',
    },
    {
      id: `${id}/closed`,
      unit: 'ms',
      limit: LONGEST_LIMIT_MS,
      question: 'The longest until one that is to be closed is out of service',
    },
    {
      id: `${id}/stall`,
      unit: 'ms',
      limit: STALL_LIMIT_MS,
      question: 'The longest that the event loop stands still, work of the documents and their users included',
    },
    { id: `${id}/failed`, unit: 'documents', limit: 0, question: 'Documents that could not be opened or closed' },
  ]
}

function answers({ p99, cold, warm, hot, opened, closed, stall, failedGuests }: Noticed): number[] {
  return [p99, cold, warm, hot, opened, closed, stall, failedGuests]
}

/** Calls that come at a rate are refused, or wait for its end, from its beginning on. */
function noticedOfRestart(ms: number, { guests }: CrowdSize): Noticed {
  const failedGuests = Math.round((guests * ms) / 1000)
  return { cold: ms, warm: ms, hot: ms, p99: 0.99 * ms, opened: ms, closed: ms, stall: ms, failedGuests }
}
