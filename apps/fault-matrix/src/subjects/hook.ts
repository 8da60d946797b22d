import type { HookProvider } from '@uni/reload-core/surfaces'
import type { StrategySubject } from '@uni/reload-core/testing'

/** Hooks that tell their version. */
export const hookSubject: StrategySubject<HookProvider> = {
  scene: () => ({
    provider: (name, version) => ({ name, hook: 'asked', run: () => version }),
    answer: (provider) => Number(provider.run()),
  }),
}
