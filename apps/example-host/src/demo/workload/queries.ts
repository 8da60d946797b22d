import type { Lease } from '@uni/reload-core'
import { aggregateFn, scalarFn } from '@uni/reload-core/surfaces'
import { indexKind } from '@uni/reload-index'
import { logicalType } from '@uni/reload-logical-type'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { textQuery } from '../../host/queries.js'
import type { ExampleHost } from '../../host/example-host.js'
import type { Dataset } from '../dataset.js'
import type { Latency } from '../latency.js'

export interface QueryLog {
  queries: number
  readonly failures: unknown[]
  /** Leases in which the two plugins that are only replaced together did not have the same version. */
  mixed: number
  slowestCaptureMs: number
}

export interface QueryWorkerOptions {
  readonly host: ExampleHost
  readonly dataset: Dataset
  readonly latency: Latency
  readonly log: QueryLog
  readonly stop: AbortSignal
  readonly worker: number
}

/** Queries without a pause. A capture must succeed whatever is being reloaded (I2), so nothing here is tried again. */
export async function runQueries({ host, dataset, latency, log, stop, worker }: QueryWorkerOptions): Promise<void> {
  for (let turn = worker; !stop.aborted; turn += 1) {
    const startedAt = performance.now()
    try {
      using lease = host.plugins.capture({ label: `query worker ${worker}` })
      log.slowestCaptureMs = Math.max(log.slowestCaptureMs, performance.now() - startedAt)
      const before = versions(lease)
      await query(lease, dataset, turn)
      const after = versions(lease)
      // Both are replaced in one commit only, and a lease never changes under a query (I1).
      if (before[0] !== before[1] || before[0] !== after[0] || before[1] !== after[1]) log.mixed += 1
    } catch (error) {
      log.failures.push(error)
    }
    log.queries += 1
    latency.record(performance.now() - startedAt)
    await nextTurn()
  }
}

async function query(lease: Lease, dataset: Dataset, turn: number): Promise<void> {
  const movie = dataset.movies[(turn * 6007) % dataset.movies.length]
  const words = movie?.title.match(/\w{4,}/g)
  const answer = await lease.resource(indexKind, 'movies').probe(textQuery(words?.[0] ?? 'film'), 10)
  if (answer.getChild('id') === null) throw new Error('the answer has no ids')

  const from = dataset.airports[(turn * 101) % dataset.airports.length]
  const to = dataset.airports[(turn * 211 + 1) % dataset.airports.length]
  if (from === undefined || to === undefined) throw new Error('there are no airports')
  const geo = lease.get(logicalType, 'geo.point')
  const shown = geo.toDisplay(geo.fromLiteral(`POINT(${from.longitude} ${from.latitude})`))
  if (typeof shown !== 'string' || shown === '') throw new Error('geo.point displays nothing')

  const km = Number(lease.get(scalarFn, 'haversine').call(from.latitude, from.longitude, to.latitude, to.longitude))
  if (!(km >= 0 && km <= 20_038)) throw new Error(`no two places on earth are ${km} km apart`)
  meanDelayAt(lease, dataset, km / 1.609344)
}

/** The mean delay of the flights about as long as the given distance in miles, over a sample of them. */
function meanDelayAt(lease: Lease, { flights }: Dataset, miles: number): number {
  const mean = lease.get(aggregateFn, 'mean')
  let state = mean.init()
  for (let at = 0; at < flights.distances.length; at += 97) {
    if (Math.abs((flights.distances[at] as number) - miles) < 100) state = mean.step(state, flights.delays[at])
  }
  return Number(mean.finish(state))
}

function versions(lease: Lease): readonly [unknown, unknown] {
  return [versionOf(lease.get(scalarFn, 'haversine')), versionOf(lease.get(aggregateFn, 'mean'))]
}

/** The plugins of this app say of themselves which version they are. */
export function versionOf(provider: object): unknown {
  return 'version' in provider ? provider.version : undefined
}
