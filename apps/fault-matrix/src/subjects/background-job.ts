import type { BackgroundJobProvider } from '@uni/reload-core/surfaces'
import type { StrategySubject } from '@uni/reload-core/testing'

/** Jobs that enter their version in a log. */
export const backgroundJobSubject: StrategySubject<BackgroundJobProvider> = {
  scene() {
    const log: number[] = []
    return {
      provider: (name, version) => ({
        name,
        async run() {
          log.push(version)
        },
      }),
      async answer(provider) {
        await provider.run({ input: undefined, id: '1', attempt: 1, signal: new AbortController().signal })
        return log.at(-1) ?? 0
      },
    }
  },
}
