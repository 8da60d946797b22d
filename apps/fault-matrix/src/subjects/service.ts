import type { ServiceProvider } from '@uni/reload-core/surfaces'
import type { StrategySubject } from '@uni/reload-core/testing'

/** Services that tell their version. */
export const serviceSubject: StrategySubject<ServiceProvider> = {
  scene: () => ({
    provider: (name, version) => ({ name, service: { version: () => version } }),
    answer: (provider) => (provider.service as { version(): number }).version(),
  }),
}
