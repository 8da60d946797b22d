import type { HandoffStrategy, ProviderChange, ResourceHandoff } from '@uni/reload-core'
import { storeStrategy, type Store, type StoreDiscipline, type StoreProvider } from '../fixtures/store.js'
import { STORAGE } from './version-data.js'
import { asWatched, WatchedProvider } from './watched.js'
import { storageHandoff } from './watched-storage.js'

/** The discipline's own strategy; its judgements, too, are calls into the plugin. */
export function watchedStrategy(
  discipline: StoreDiscipline,
  committed: (change: ProviderChange<StoreProvider>) => void,
): HandoffStrategy<StoreProvider, Store, number> {
  const strategy = storeStrategy(discipline)
  return {
    ...strategy,
    committed,
    handoff: (job, ctx) => {
      if (asWatched(job.old).resource === STORAGE) return storageHandoff(job, ctx)
      return strategy.handoff?.(job, ctx) as ResourceHandoff<Store>
    },
    checkCompat: ({ next }) => asWatched(next).call('checkCompat', () => ({ level: 'compatible' as const })),
    remember: (provider) => {
      const { data, resource, watcher } = asWatched(provider)
      return asWatched(provider).call<StoreProvider>('remember', () => new WatchedProvider(data, resource, watcher))
    },
  }
}
