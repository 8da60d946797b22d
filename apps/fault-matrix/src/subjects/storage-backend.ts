import type { Storage, StorageBackendProvider, StorageWrite } from '@uni/reload-core/surfaces'
import type { StrategySubject } from '@uni/reload-core/testing'

/** What the storages of one location are kept on, whichever version has opened them. */
class Disk {
  readonly values = new Map<string, Uint8Array>()
  /** Every put, in order. */
  readonly puts: string[] = []
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
    const disk = this.#opened()
    disk.values.set(key, value)
    disk.puts.push(key)
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

/** Storages in memory, each location on a disk of its own. */
export const storageBackendSubject: StrategySubject<StorageBackendProvider, Storage, StorageWrite> = {
  gives: { storage: { methods: ['get', 'put', 'delete', 'keys', 'close'], ends: 'close' } },
  scene() {
    const disks = new Map<string, Disk>()
    const diskOf = (location: string): Disk => {
      const disk = disks.get(location) ?? new Disk()
      disks.set(location, disk)
      return disk
    }
    return {
      provider: (scheme) => ({ scheme, open: async (location) => new DiskStorage(diskOf(location)) }),
      resources: {
        open: (provider, name) => provider.open(name),
        write: (_name, nth) => ({ op: 'put', key: String(nth), value: Uint8Array.of(nth) }),
        entries: (storage) => (storage as DiskStorage).puts.map(Number),
      },
    }
  },
}
