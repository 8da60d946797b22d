import type { AggregateFnProvider } from '@uni/reload-core/surfaces'
import type { StrategySubject } from '@uni/reload-core/testing'

/** Sums that add their version to each row. */
export const aggregateFnSubject: StrategySubject<AggregateFnProvider> = {
  scene: () => ({
    provider: (name, version) => ({
      name,
      init: () => 0,
      step: (sum, row) => Number(sum) + Number(row) + version,
      finish: (sum) => sum,
    }),
    answer: (provider) => Number(provider.finish(provider.step(provider.init(), 0))),
  }),
}
