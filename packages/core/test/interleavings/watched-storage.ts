import type {
  HandoffGate,
  HandoffJob,
  MaybePromise,
  ResourceHandoff,
  StandbyResource,
  StepContext,
} from '@uni/reload-core'
import { storageBackendHandoff, type Storage, type StorageBackendProvider } from '@uni/reload-core/surfaces'
import { Image, type Store, type StoreProvider } from '../fixtures/store.js'
import { asWatched, WatchedStore } from './watched.js'

const VALUE = new Uint8Array([1])

/** A storage with a medium of its own: a write puts a key, and what is put again is there once. */
export class WatchedStorage extends WatchedStore implements Storage {
  override append(entry: number): MaybePromise<void> {
    return this.owner.step<MaybePromise<void>>('apply', () => {
      if (this.closeCalls > 0) throw new Error('written to after it was closed')
      if (!this.entries.includes(entry)) this.entries.push(entry)
    })
  }

  put(key: string): MaybePromise<void> {
    return this.append(Number(key))
  }

  get(key: string): Uint8Array | undefined {
    return this.entries.includes(Number(key)) ? VALUE : undefined
  }

  delete(): never {
    throw new Error('nobody deletes')
  }

  async *keys(prefix = ''): AsyncGenerator<string> {
    const keys = await this.owner.step<MaybePromise<string[]>>('persist', () => this.entries.map(String))
    for (const key of keys.sort()) if (key.startsWith(prefix)) yield key
  }
}

const STORAGES = storageBackendHandoff()
const backends = new WeakMap<StoreProvider, StorageBackendProvider>()

/** Hands a {@link WatchedStorage} over by the strategy that storages have. The new one is empty when it is opened. */
export function storageHandoff(job: HandoffJob<StoreProvider, Store>, ctx: StepContext): ResourceHandoff<Store> {
  const { old, next, gate, standby, open: _, claim, letGo, ...more } = job
  const handoff = STORAGES.handoff?.(
    {
      ...more,
      old: backendOf(old),
      next: backendOf(next),
      gate: gate as unknown as HandoffGate<Storage>,
      open: (provider) => provider.open(''),
      ...(standby && { standby: standby as unknown as StandbyResource<Storage> }),
      ...(claim && { claim: (storage) => claim(storage as WatchedStorage) }),
      ...(letGo && { letGo: (storage) => letGo(storage as WatchedStorage) }),
    },
    ctx,
  )
  return handoff as unknown as ResourceHandoff<Store>
}

function backendOf(provider: StoreProvider): StorageBackendProvider {
  const known = backends.get(provider)
  if (known !== undefined) return known
  const backend: StorageBackendProvider = {
    scheme: provider.key,
    medium: 'private',
    open: () => asWatched(provider).open(new Image('[]')) as MaybePromise<WatchedStorage>,
  }
  backends.set(provider, backend)
  return backend
}
