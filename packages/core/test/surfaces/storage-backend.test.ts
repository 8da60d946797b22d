import { PluginHost } from '@uni/reload-core'
import {
  storageBackend,
  storageBackendHandoff,
  type Storage,
  type StorageBackendProvider,
} from '@uni/reload-core/surfaces'
import { describe, expect, it } from 'vitest'
import { standing } from '../fixtures/deferred.js'
import { refusalOf } from '../fixtures/refusal.js'
import { TestPlugin } from '../fixtures/test-plugin.js'

/** What is at a location outlives the storages that are opened on it. */
type Disk = Map<string, Uint8Array>

class DiskStorage implements Storage {
  readonly #disk: Disk
  closed = 0

  constructor(disk: Disk) {
    this.#disk = disk
  }

  #open(): Disk {
    if (this.closed > 0) throw new Error('used after it was closed')
    return this.#disk
  }

  get(key: string): Uint8Array | undefined {
    return this.#open().get(key)
  }
  put(key: string, value: Uint8Array): void {
    this.#open().set(key, value)
  }
  delete(key: string): void {
    this.#open().delete(key)
  }
  keys(prefix = ''): string[] {
    return [...this.#open().keys()].filter((key) => key.startsWith(prefix)).sort()
  }
  close(): void {
    this.closed += 1
  }
}

function backend(version: string, disk: Disk, more: Partial<StorageBackendProvider> = {}) {
  const opened: DiskStorage[] = []
  const provider: StorageBackendProvider = {
    scheme: 'disk',
    medium: 'shared',
    open() {
      const storage = new DiskStorage(disk)
      opened.push(storage)
      return storage
    },
    ...more,
  }
  return {
    opened,
    plugin: new TestPlugin('storages', version, {
      register: (registrar) => {
        registrar.provide(storageBackend, provider)
      },
    }),
  }
}

async function hostWithStorage() {
  const disk: Disk = new Map()
  const host = new PluginHost({ strategies: [storageBackendHandoff()] })
  const first = backend('1.0.0', disk)
  const handle = await host.add(first.plugin)
  const storage = await host.attach(storageBackend, {
    name: 'main',
    key: 'disk',
    open: (provider) => provider.open('/data'),
  })
  await storage.write({ op: 'put', key: 'a', value: Uint8Array.of(1) })
  return { disk, host, first, handle, storage }
}

describe('storageBackend', () => {
  it('I7 the old storage serves its leases until drained, and is closed once', async () => {
    const { disk, host, first, handle, storage } = await hostWithStorage()
    const scan = host.capture({ label: 'scan' })
    const next = backend('2.0.0', disk)
    const { finalized } = await host.reload(handle, next.plugin)
    await storage.write({ op: 'put', key: 'b', value: Uint8Array.of(2) })
    const old = scan.resource(storageBackend, 'main')
    expect(old).toBe(first.opened[0])
    expect(await old.get('a')).toEqual(Uint8Array.of(1))
    expect(await standing(finalized)).toBe('pending')
    scan[Symbol.dispose]()
    expect(await finalized).toMatchObject({ status: 'finalized', errors: [] })
    expect({ first: first.opened, next: next.opened }).toMatchObject({ first: [{ closed: 1 }], next: [{ closed: 0 }] })
    using lease = host.capture()
    expect([...(lease.resource(storageBackend, 'main').keys() as Iterable<string>)]).toEqual(['a', 'b'])
  })

  it('I4 every write goes to the storage that serves', async () => {
    const { disk, host, handle, storage } = await hostWithStorage()
    const reloading = host.reload(handle, backend('2.0.0', disk).plugin)
    const writes = Array.from({ length: 20 }, (_, at) =>
      storage.write({ op: 'put', key: `k${String(at).padStart(2, '0')}`, value: Uint8Array.of(at) }),
    )
    await Promise.all([reloading, ...writes, storage.write({ op: 'delete', key: 'a' })])
    expect([...disk.keys()].sort()).toEqual(Array.from({ length: 20 }, (_, at) => `k${String(at).padStart(2, '0')}`))
  })

  it.each<[string, Partial<StorageBackendProvider>]>([
    [
      'throws',
      {
        open: () => {
          throw new Error('corrupt')
        },
      },
    ],
    ['rejects', { open: () => Promise.reject(new Error('corrupt')) }],
    ['opens nothing', { open: () => undefined as unknown as Storage }],
  ])('I3 the old storage goes on where the new provider %s', async (_, more) => {
    for (const cutover of ['overlap', 'exclusive'] as const) {
      const { host, first, handle, storage, disk } = await hostWithStorage()
      expect((await refusalOf(host.reload(handle, backend('2.0.0', disk, more).plugin, { cutover }))).code).toBe(
        'HANDOFF',
      )
      await storage.write({ op: 'put', key: 'b', value: Uint8Array.of(2) })
      expect(first.opened.filter(({ closed }) => closed === 0)).toHaveLength(1)
      expect(first.opened.every(({ closed }) => closed <= 1)).toBe(true)
      expect([...disk.keys()]).toEqual(['a', 'b'])
    }
  })
})
