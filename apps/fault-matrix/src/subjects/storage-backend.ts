import type { Storage, StorageBackendProvider, StorageWrite } from '@uni/reload-core/surfaces'
import type { StrategySubject } from '@uni/reload-core/testing'

/** What the storages of one location are kept on, whichever version has opened them. */
class Disk {
  readonly values = new Map<string, Uint8Array>()
  /** Every put, in order. */
  readonly puts: string[] = []

  put(key: string, value: Uint8Array): void {
    this.values.set(key, value)
    this.puts.push(key)
  }

  copy(): Disk {
    const copy = new Disk()
    for (const key of this.puts) copy.put(key, this.values.get(key) ?? new Uint8Array())
    return copy
  }
}

class DiskStorage implements Storage {
  readonly #disk: Disk
  #open = true

  constructor(disk: Disk) {
    this.#disk = disk
  }

  async get(key: string): Promise<Uint8Array | undefined> {
    return this.#opened().values.get(key)
  }

  async put(key: string, value: Uint8Array): Promise<void> {
    this.#opened().put(key, value)
  }

  async delete(key: string): Promise<void> {
    this.#opened().values.delete(key)
  }

  keys(prefix = ''): string[] {
    return [...this.#opened().values.keys()].filter((key) => key.startsWith(prefix)).sort()
  }

  async close(): Promise<void> {
    this.#open = false
  }

  /** What a storage can tell of its puts, it tells by its values: each has the place that it was put at. */
  get puts(): readonly string[] {
    return this.#opened().puts
  }

  #opened(): Disk {
    if (!this.#open) throw new Error('the storage is closed')
    return this.#disk
  }
}

class RememberingStorage extends DiskStorage {
  readonly #location: Disk

  constructor(location: Disk) {
    super(location.copy())
    this.#location = location
  }

  override async put(key: string, value: Uint8Array): Promise<void> {
    await super.put(key, value)
    this.#location.put(key, value)
  }
}

const GIVES = { storage: { methods: ['get', 'put', 'delete', 'keys', 'close'], ends: 'close' } }
const write = (_name: string, nth: number): StorageWrite => ({ op: 'put', key: String(nth), value: Uint8Array.of(nth) })

/** Storages in memory, each location on a disk of its own. */
export const storageBackendSubject: StrategySubject<StorageBackendProvider, Storage, StorageWrite> = {
  gives: GIVES,
  scene() {
    const diskOf = disks()
    return {
      provider: (scheme) => ({ scheme, medium: 'shared', open: async (location) => new DiskStorage(diskOf(location)) }),
      resources: {
        open: (provider, name) => provider.open(name),
        write,
        entries: (storage) => (storage as DiskStorage).puts.map(Number),
      },
    }
  },
}

/** Storages whose content is their own, and ends with them. */
export const privateStorageSubject: StrategySubject<StorageBackendProvider, Storage, StorageWrite> = {
  variant: 'private medium',
  gives: GIVES,
  scene: () => ({
    provider: (scheme) => ({ scheme, medium: 'private', open: async () => new DiskStorage(new Disk()) }),
    // A copy has its keys in another order, and a write that is copied may be made again: it sets the same value.
    resources: {
      open: (provider, name) => provider.open(name),
      write,
      entries: (storage) => [...(storage.keys() as Iterable<string>)].map(Number).sort((a, b) => a - b),
    },
  }),
}

/** Storages that know what was at their location when they were opened, and what they have done since. */
export const rememberingStorageSubject: StrategySubject<StorageBackendProvider, Storage, StorageWrite> = {
  variant: 'one owner',
  cutover: 'exclusive',
  gives: GIVES,
  scene() {
    const diskOf = disks()
    return {
      provider: (scheme) => ({
        scheme,
        cutover: 'exclusive',
        open: async (location) => new RememberingStorage(diskOf(location)),
      }),
      resources: {
        open: (provider, name) => provider.open(name),
        write,
        entries: (storage) => (storage as DiskStorage).puts.map(Number),
      },
    }
  },
}

function disks(): (location: string) => Disk {
  const all = new Map<string, Disk>()
  return (location) => {
    const disk = all.get(location) ?? new Disk()
    all.set(location, disk)
    return disk
  }
}
