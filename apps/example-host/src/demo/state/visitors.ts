import { setTimeout as delay } from 'node:timers/promises'
import { runHooks, runMiddleware, serviceOf } from '@uni/reload-core/surfaces'
import type { ExampleHost } from '../../host/example-host.js'
import type { Checked } from '../../plugins/checks/check.js'
import type { Price, Prices } from '../../plugins/prices/prices.js'
import { LAYERS, type Traced } from '../../plugins/tracing/trace.js'
import type { Visit } from '../../plugins/visits/contract.js'
import type { VersionLog } from './version-log.js'

export interface VisitorsLog {
  /** Those that the host has acknowledged. */
  readonly visits: Visit[]
  readonly hooks: VersionLog
  readonly services: VersionLog
  readonly middleware: VersionLog
}

const PAGES = 50
const WORK = 'the visit itself'
const LAYERS_IN = Object.keys(LAYERS)

/** Visits pages. Each visit goes through the middleware, the hooks and the service, and is then counted. */
export async function runVisitor(
  host: ExampleHost,
  log: VisitorsLog,
  visitor: number,
  stop: AbortSignal,
): Promise<void> {
  const prices = serviceOf<Prices>(host.plugins, 'prices')
  for (let turn = 0; !stop.aborted; turn += 1) {
    // No two visits last equally long, so that one lost and another one doubled do not add up.
    const visit: Visit = { page: `/film/${(turn * 7 + visitor) % PAGES}`, ms: turn * 10 + visitor + 1 }
    const traced: Traced = { trace: [] }
    await runMiddleware(host.plugins, traced, async ({ trace }) => {
      trace.push(WORK)
      const checked = await runHooks<[Visit], Promise<Checked>>(host.plugins, 'visit', visit)
      if (!checked.every(({ passed }) => passed)) throw new Error(`a check refused ${JSON.stringify(visit)}`)
      log.hooks.answered(checked.map(({ version }) => version))
      const price: Price = turn % 2 === 0 ? prices.of(visit.ms) : await prices.quote(visit.ms)
      if (price.cents !== Math.ceil(visit.ms / 1000)) throw new Error(`${visit.ms} ms cost ${price.cents} cents`)
      log.services.answered([price.version])
      await host.state.visits.write(visit)
      log.visits.push(visit)
    })
    log.middleware.answered(layersIn(traced.trace))
    await delay(20)
  }
}

/**
 * The versions of the layers on the way in and out. @throws Error where a layer is missing, doubled or in another
 * place.
 */
function layersIn(trace: readonly string[]): string[] {
  const names = trace.map((passed) => passed.split('@')[0])
  const expected = [...LAYERS_IN, WORK, ...LAYERS_IN.toReversed()]
  if (names.join() !== expected.join()) throw new Error(`a visit came by ${names.join()}, and not ${expected.join()}`)
  return trace.flatMap((passed) => passed.split('@').slice(1))
}
