import type { MiddlewareProvider } from '@uni/reload-core/surfaces'
import type { StrategySubject } from '@uni/reload-core/testing'

/** Layers that tell their version. */
export const middlewareSubject: StrategySubject<MiddlewareProvider> = {
  scene: () => ({
    provider: (name, version) => ({
      name,
      handle: async (context: number[]) => {
        context.push(version)
      },
    }),
    async answer(provider) {
      const seen: number[] = []
      await (provider as MiddlewareProvider<number[]>).handle(seen, async () => {})
      return seen[0] ?? 0
    },
  }),
}
