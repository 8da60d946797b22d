import { ProviderChanges } from '../../dispatch/provider-changes.js'
import type { Pace } from '../../pace.js'
import type { Succession } from './succession.js'

/**
 * What an operation changes of providers, for the strategies that want to be told at its commit. Gathered in slices.
 */
export async function providerChanges(
  succession: Succession,
  { pace, isClosing }: { readonly pace: Pace; readonly isClosing: boolean },
): Promise<ProviderChanges> {
  const changes = new ProviderChanges({ closing: isClosing })
  if (![...succession.strategies].some(({ committed }) => committed !== undefined)) return changes
  for (const owner of succession.installed.toSorted((a, b) => a.order - b.order)) {
    for (const { strategy, surface, key, provider } of owner.registrations) {
      const before = succession.before(surface, key)
      if (before === undefined) changes.added(strategy, key, provider)
      else changes.replaced(strategy, key, before.registration.provider, provider)
      if (pace.due()) await pace.pause()
    }
  }
  for (const { registration } of succession.removed) {
    changes.removed(registration.strategy, registration.key, registration.provider)
    if (pace.due()) await pace.pause()
  }
  return changes
}
