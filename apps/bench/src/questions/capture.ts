import { PluginHost, type Lease } from '@uni/reload-core'
import {
  scalarFn,
  scalarFnHandoff,
  storageBackend,
  storageBackendHandoff,
  type ScalarFnProvider,
  type Storage,
} from '@uni/reload-core/surfaces'
import { compare, nanosecondsPer, PLATFORM, type Contender } from '../measure.js'
import type { Result } from '../result.js'

const TIMES = 500_000
/** So many times a `Map.get` and call. */
const CAPTURE_LIMIT = 3
/** Of a lease that is held. */
const LOOKUP_LIMIT = 1.5

/** What a query pays for seeing all old or all new, and never a mix. */
export async function* capture(): AsyncGenerator<Result> {
  await using host = new PluginHost({ strategies: [scalarFnHandoff(), storageBackendHandoff()] })
  const provider: ScalarFnProvider = { name: 'next', call: (at) => Number(at) + 1 }
  await host.add({
    manifest: { id: 'bench', version: '1.0.0' },
    register: (registrar) => {
      registrar.provide(scalarFn, provider).provide(storageBackend, { scheme: 'null', open: () => nullStorage() })
    },
  })
  await host.attach(storageBackend, { name: 'main', key: 'null', open: (backend) => backend.open('') })

  const providers = new Map([[provider.name, provider]])
  const mapAndCall: Contender = {
    name: 'Map.get and call',
    version: PLATFORM.engine,
    run: () => nanosecondsPer(TIMES, (at) => Number(providers.get('next')?.call(at))),
  }
  const storages = new Map([['main', nullStorage()]])

  const throughLease = (): number =>
    nanosecondsPer(TIMES, (at) => {
      const lease = host.capture()
      const value = Number(lease.get(scalarFn, 'next').call(at))
      lease[Symbol.dispose]()
      return value
    })
  yield compare({
    id: 'capture',
    question: 'Capture an epoch, look a function up, call it, release',
    unit: 'ns',
    limit: CAPTURE_LIMIT,
    limitOf: 'ratio',
    ours: throughLease,
    peers: [mapAndCall],
  })

  const held = Array.from({ length: 10_000 }, (): Lease => host.capture())
  yield compare({
    id: 'capture/held',
    question: 'The same, while 10,000 other leases are held',
    unit: 'ns',
    limit: CAPTURE_LIMIT,
    limitOf: 'ratio',
    ours: throughLease,
    peers: [mapAndCall],
  })
  for (const lease of held) lease[Symbol.dispose]()

  yield compare({
    id: 'capture/provider',
    question: 'Acquire one provider, call it, release',
    unit: 'ns',
    limit: CAPTURE_LIMIT,
    limitOf: 'ratio',
    ours: () =>
      nanosecondsPer(TIMES, (at) => {
        const lease = host.acquire(scalarFn, 'next')
        const value = Number(lease.provider.call(at))
        lease[Symbol.dispose]()
        return value
      }),
    peers: [mapAndCall],
  })

  yield compare({
    id: 'capture/resource',
    question: 'Capture an epoch, look a live storage up, read from it, release',
    unit: 'ns',
    limit: CAPTURE_LIMIT,
    limitOf: 'ratio',
    ours: () =>
      nanosecondsPer(TIMES, () => {
        const lease = host.capture()
        const value = sizeOf(lease.resource(storageBackend, 'main'))
        lease[Symbol.dispose]()
        return value
      }),
    peers: [
      {
        name: 'Map.get and read',
        version: PLATFORM.engine,
        run: () => nanosecondsPer(TIMES, () => sizeOf(storages.get('main') as Storage)),
      },
    ],
  })

  const lease = host.capture()
  yield compare({
    id: 'capture/lookup',
    question: 'Look a function up in a lease that is held, and call it',
    unit: 'ns',
    limit: LOOKUP_LIMIT,
    limitOf: 'ratio',
    ours: () => nanosecondsPer(TIMES, (at) => Number(lease.get(scalarFn, 'next').call(at))),
    peers: [mapAndCall],
  })
  lease[Symbol.dispose]()
}

function sizeOf(storage: Storage): number {
  return storage.get('') === undefined ? 0 : 1
}

function nullStorage(): Storage {
  return { get: () => undefined, put: () => {}, delete: () => {}, keys: () => [], close: () => {} }
}
