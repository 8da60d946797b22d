import type { MaybePromise } from '../maybe-promise.js'
import type { Cutover } from '../strategy.js'
import { defineSurface, narrowable, type Surface } from '../surface.js'

/** Opens storages of one scheme. */
export interface StorageBackendProvider<S extends Storage = Storage> {
  /** Its key, such as `memory` or `lmdb`. */
  readonly scheme: string
  /**
   * Where the writes are that a storage has acknowledged:
   *
   * - `shared`: at the location. Every storage that is open there sees them at once, whichever version opened it, and
   *   so does one that is opened when all others have been closed.
   * - `private`: in the open storage, and nowhere else. A reload copies them.
   *
   * While a storage of a provider with neither `medium` nor `cutover: 'exclusive'` is open, a reload of it is refused,
   * as acknowledged writes might be lost.
   */
  readonly medium?: 'shared' | 'private' | undefined
  /**
   * `exclusive`: at most one storage may be open at a location, as it has a lock, or has some acknowledged writes only
   * in memory. Unless the medium is `private`, all acknowledged writes have to be at the location once it is closed.
   */
  readonly cutover?: Cutover | undefined
  open(location: string): MaybePromise<S>
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

export interface StorageBackendSurface extends Surface<StorageBackendProvider, Storage, StorageWrite> {
  /** Backends that open an `S`. */
  of<S extends Storage>(): Surface<StorageBackendProvider<S>, S, StorageWrite>
}

export const storageBackend: StorageBackendSurface = narrowable(
  defineSurface<StorageBackendProvider, Storage, StorageWrite>({
    id: 'storage-backend',
    keyOf: (provider) => provider.scheme,
    methods: ['open'],
    apply: (storage, write) => (write.op === 'put' ? storage.put(write.key, write.value) : storage.delete(write.key)),
  }),
)
