import type { Plugin } from '@uni/reload-core'
import { aggregateFn, type AggregateFnProvider } from '@uni/reload-core/surfaces'
import { observationOf } from './observation.js'

/** The same mean without a sum that grows beyond its precision (Welford, Technometrics 4, 1962). */
export function statisticsV2(): Plugin {
  return {
    manifest: { id: 'statistics', version: '2.0.0', capabilities: [aggregateFn.id] },
    register: (registrar) => {
      registrar.provide(aggregateFn, new MeanV2())
    },
  }
}

interface Running {
  readonly mean: number
  readonly count: number
}

class MeanV2 implements AggregateFnProvider<Running> {
  readonly version = '2.0.0'
  readonly name = 'mean'

  init(): Running {
    return { mean: 0, count: 0 }
  }

  step(running: Running, value: unknown): Running {
    const x = observationOf(value)
    if (x === undefined) return running
    const count = running.count + 1
    return { mean: running.mean + (x - running.mean) / count, count }
  }

  finish({ mean, count }: Running): number | null {
    return count === 0 ? null : mean
  }
}
