import type { ScalarFnProvider } from '@uni/reload-core/surfaces'
import type { StrategySubject } from '@uni/reload-core/testing'

/** Functions that tell their version. */
export const scalarFnSubject: StrategySubject<ScalarFnProvider> = {
  scene: () => ({
    provider: (name, version) => ({ name, call: (factor) => Number(factor) * version }),
    answer: (provider) => Number(provider.call(1)),
  }),
}
