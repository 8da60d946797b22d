import type { Plugin } from '@uni/reload-core'
import { aggregateFn, type AggregateFnProvider } from '@uni/reload-core/surfaces'
import { observationOf } from './observation.js'

/** `mean(x)`: the arithmetic mean of what is not null; null of nothing. */
export function statisticsV1(): Plugin {
  return {
    manifest: { id: 'statistics', version: '1.0.0', capabilities: [aggregateFn.id] },
    register: (registrar) => {
      registrar.provide(aggregateFn, new MeanV1())
    },
  }
}

interface Sum {
  readonly total: number
  readonly count: number
}

class MeanV1 implements AggregateFnProvider<Sum> {
  readonly version = '1.0.0'
  readonly name = 'mean'

  init(): Sum {
    return { total: 0, count: 0 }
  }

  step(sum: Sum, value: unknown): Sum {
    const x = observationOf(value)
    return x === undefined ? sum : { total: sum.total + x, count: sum.count + 1 }
  }

  finish({ total, count }: Sum): number | null {
    return count === 0 ? null : total / count
  }
}
