import type { MaybePromise } from '../maybe-promise.js'
import { cleanHandoff } from '../move/clean.js'
import type { HandoffStrategy } from '../strategy.js'
import { defineSurface, type Surface } from '../surface.js'

/** Opens storages of one scheme. */
export interface StorageBackendProvider {
  /** Such as `memory` or `lmdb`. */
  readonly scheme: string
  open(location: string): MaybePromise<Storage>
}

/** One open storage: byte values by string key. */
export interface Storage {
  get(key: string): MaybePromise<Uint8Array | undefined>
  put(key: string, value: Uint8Array): MaybePromise<void>
  delete(key: string): MaybePromise<void>
  /** Keys that start with `prefix`, in ascending order of their UTF-8 bytes. */
  keys(prefix?: string): AsyncIterable<string> | Iterable<string>
  close(): MaybePromise<void>
}

/** One change to a storage. */
export type StorageWrite =
  | { readonly op: 'put'; readonly key: string; readonly value: Uint8Array }
  | { readonly op: 'delete'; readonly key: string }

export const storageBackend: Surface<StorageBackendProvider, Storage, StorageWrite> =
  defineSurface<StorageBackendProvider, Storage, StorageWrite>({
    id: 'storage-backend',
    keyOf: (provider) => provider.scheme,
    methods: ['open'],
    apply: (storage, write) => write.op === 'put' ? storage.put(write.key, write.value) : storage.delete(write.key),
  })

/** Clean: the new provider opens its own storage; the old one serves its leases until drained, and is then closed. */
export function storageBackendHandoff(): HandoffStrategy<StorageBackendProvider, Storage, StorageWrite> {
  return cleanHandoff(storageBackend, { close: (storage) => storage.close(), methods: ['get', 'put', 'delete', 'keys', 'close'] })
}
