import { setTimeout as sleep } from 'node:timers/promises'
import { callersDuring } from '../cordis/callers.js'
import { reloadedByHmr } from '../cordis/hmr.js'
import type { Reloaded } from '../cordis/reloaded.js'
import { reloadedByHost } from '../cordis/uni-reload.js'
import { compareAll, type Contender } from '../measure.js'
import { versionOf } from '../package-version.js'
import { quantileOf } from '../quantile.js'
import type { Result } from '../result.js'

const RELOADS = 20
/** Milliseconds from one reload to the next. */
const BETWEEN_MS = 50
const P99_LIMIT = 1.2
const WHILE = `while a cordis plugin that 40 callers use is replaced ${RELOADS} times`

/** What callers of a cordis plugin notice of its reloads. */
export async function* cordis(): AsyncGenerator<Result> {
  yield* await compareAll(
    [
      { id: 'cordis', question: `Calls that fail ${WHILE}`, unit: 'calls', limit: 0 },
      {
        id: 'cordis/lost',
        question: 'Sales that were acknowledged, and are not in the ledger after it',
        unit: 'calls',
        limit: 0,
      },
      {
        id: 'cordis/p50',
        question: 'Half of the calls are answered within so many times the steady median',
        unit: '×',
      },
      {
        id: 'cordis/p99',
        question: 'And 99 of 100 within so many times what it is steadily',
        unit: '×',
        limit: P99_LIMIT,
      },
    ],
    {
      rounds: 5,
      withinS: 40,
      ours: round(reloadedByHost),
      peers: [{ name: 'cordis: dispose and apply', version: versionOf('cordis'), run: round(reloadedByHmr) }],
    },
  )
}

function round(start: () => Promise<Reloaded>): Contender<readonly number[]>['run'] {
  return async () => {
    const reloaded = await start()
    const shopNow = (): ReturnType<Reloaded['shop']> => reloaded.shop()
    const steady = await callersDuring(shopNow, () => sleep(RELOADS * BETWEEN_MS))
    const seen = await callersDuring(shopNow, async () => {
      for (let at = 0; at < RELOADS; at += 1) {
        await reloaded.reload()
        await sleep(BETWEEN_MS)
      }
    })
    const lost = steady.acknowledged + seen.acknowledged - (await shopNow().sold())
    await reloaded.end()
    const ratio = (share: number): number => quantileOf(seen.took, share) / quantileOf(steady.took, share)
    return [seen.failed, lost, ratio(0.5), ratio(0.99)]
  }
}
