import type { Plugin } from '@uni/reload-core'
import { aggregateFn, type AggregateFnProvider } from '@uni/reload-core/surfaces'

/** Leaves out a method of the contract, as a plugin in plain JavaScript may. */
export function lacksFinish(): Plugin {
  return {
    manifest: { id: 'statistics', version: '3.0.0', capabilities: [aggregateFn.id] },
    register: (registrar) => {
      registrar.provide(aggregateFn, new LacksFinish() as Partial<AggregateFnProvider> as AggregateFnProvider)
    },
  }
}

class LacksFinish {
  readonly version = '3.0.0'
  readonly name = 'mean'

  init(): number[] {
    return []
  }

  step(values: unknown, value: unknown): unknown[] {
    return [...(values as unknown[]), value]
  }
}
