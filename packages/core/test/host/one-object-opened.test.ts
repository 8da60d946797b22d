import { PluginHost, type Cutover } from '@uni/reload-core'
import { storageBackend, storageBackendHandoff } from '@uni/reload-core/surfaces'
import { ManualClock } from '@uni/reload-core/testing'
import { describe, expect, it } from 'vitest'
import { refusalOf } from '../fixtures/refusal.js'
import { MemoryStorage } from '../fixtures/storage-worlds.js'
import { openStore, StorePlugin } from '../fixtures/store-plugin.js'
import { STORES, StoreProvider, storeStrategy, type Store, type StoreDiscipline } from '../fixtures/store.js'
import { TestPlugin } from '../fixtures/test-plugin.js'
import { hostGiving, version, opening } from '../fixtures/giving.js'

describe('one object, opened for two resources by the next version', () => {
  it.each<[Cutover, 'open' | undefined]>([
    ['overlap', undefined],
    ['exclusive', undefined],
    ['overlap', 'open'],
  ])('I3 I7 %s, from %s: refused, and each object is closed once', async (cutover, from) => {
    const [a, b, shared] = [
      new StoreProvider('stores', 'a').make([]),
      new StoreProvider('stores', 'b').make([]),
      new StoreProvider('stores', 'shared').make([]),
    ]
    const again = [new StoreProvider('stores', 'a again').make([]), new StoreProvider('stores', 'b again').make([])]
    const { host, handle } = await hostGiving(a, b, ...again)
    const attached = [await host.attach(STORES.clean, openStore('a')), await host.attach(STORES.clean, openStore('b'))]
    const error = await refusalOf(host.reload(handle, version('2.0.0', shared), { cutover, ...(from && { from }) }))
    expect(error).toMatchObject({
      code: 'DUPLICATE',
      surface: 'clean-store',
      key: 'stores',
      plugin: 'stores@1.0.0 → 2.0.0',
    })
    expect([error.resource, (error.details as { resource: string }).resource].toSorted()).toEqual(['a', 'b'])
    expect(error.rollbackErrors).toEqual([])
    expect(shared.closed).toBe(1)
    for (const resource of attached) await resource.write(1)
    const stopped = cutover === 'exclusive' ? 1 : 0
    expect({ a: a.closed, b: b.closed }).toEqual({ a: stopped, b: stopped })

    // Nothing of it is held on to.
    await (
      await host.reload(
        handle,
        version('3.0.0', new StoreProvider('stores', 'a3').make([]), new StoreProvider('stores', 'b3').make([])),
        { cutover },
      )
    ).finalized
    expect([a, b, ...again].map(({ closed }) => closed)).toEqual([1, 1, stopped, stopped])
    await host[Symbol.asyncDispose]()
    expect(shared.closed).toBe(1)
  })

  it.each<[string, StoreDiscipline, Cutover, string]>([
    ['clean', 'clean', 'overlap', 'open'],
    ['pre-copied', 'pre-copy', 'overlap', 'open'],
    ['stopped', 'pre-copy', 'exclusive', 'start'],
    ['stream', 'stop-and-copy', 'overlap', 'start'],
  ])('I3 I7 %s: refused, and each object is closed once', async (_, discipline, cutover, step) => {
    const host = new PluginHost({ strategies: [storeStrategy(discipline)], clock: new ManualClock() })
    const v1 = new StorePlugin('1.0.0', { discipline })
    const handle = await host.add(v1)
    const attach = (name: string) => host.attach(STORES[discipline], openStore(name))
    const attached = [await attach('a'), await attach('b')]
    const v2 = new StorePlugin('2.0.0', { discipline })
    let given: Store | undefined
    v2.provider.break('open', () => (given ??= v2.provider.make([])))
    expect(await refusalOf(host.reload(handle, v2, { cutover }))).toMatchObject({
      code: 'DUPLICATE',
      step,
      rollbackErrors: [],
    })
    expect(v2.provider.made).toMatchObject([{ closed: 1 }])
    for (const resource of attached) await resource.write(1)
    await host[Symbol.asyncDispose]()
    for (const store of [...v1.provider.made, ...v2.provider.made]) expect(store.closed).toBe(1)
  })

  it('O13 I7 an object that serves as another resource is refused, and that one serves on', async () => {
    const [a, b] = [new StoreProvider('stores', 'a').make([]), new StoreProvider('stores', 'b').make([])]
    const { host, handle } = await hostGiving(a, b)
    await host.attach(STORES.clean, openStore('a'))
    const other = await host.attach(STORES.clean, openStore('b'))
    expect(
      await refusalOf(host.reload(handle, version('2.0.0', b, new StoreProvider('stores', 'b2').make([])))),
    ).toMatchObject({
      code: 'DUPLICATE',
      resource: 'a',
      details: { resource: 'b' },
    })
    await other.write(1)
    expect({ a: a.closed, b: b.closed }).toEqual({ a: 0, b: 0 })
  })

  it.each([
    ['another storage', 'b', 'DUPLICATE'],
    ['the storage itself', 'a', 'HANDOFF'],
  ] as const)('I4 I7 %s that serves: nothing is copied into it, and it is not closed', async (_, named, code) => {
    const storages = { a: new MemoryStorage(), b: new MemoryStorage() }
    const plugin = (number: string, open: (location: string) => MemoryStorage) =>
      new TestPlugin('storages', number, {
        register: (registrar) => {
          registrar.provide(storageBackend, { scheme: 'memory', medium: 'private', open })
        },
      })
    const host = new PluginHost({ strategies: [storageBackendHandoff()], clock: new ManualClock() })
    const handle = await host.add(plugin('1.0.0', (location) => storages[location as 'a' | 'b']))
    const attach = (name: string) =>
      host.attach(storageBackend, { name, key: 'memory', open: (provider) => provider.open(name) })
    const first = await attach('a')
    await attach('b')
    await first.write({ op: 'put', key: 'x', value: new Uint8Array([1]) })
    const next = plugin('2.0.0', (location) => {
      if (location !== 'a') return new MemoryStorage()
      // Written to meanwhile, so that it has other values than were copied.
      storages.a.put('y', new Uint8Array([2]))
      return storages[named]
    })
    expect(await refusalOf(host.reload(handle, next))).toMatchObject({
      code,
      step: 'open',
      resource: 'a',
      ...(named === 'b' && { details: { resource: 'b' } }),
    })
    expect({
      aClosed: storages.a.closed,
      bClosed: storages.b.closed,
      a: storages.a.keys(),
      b: storages.b.keys(),
    }).toEqual({ aClosed: 0, bClosed: 0, a: ['x', 'y'], b: [] })
  })

  it('I7 what a lease holds of an earlier version is refused; once it was closed it may be opened again', async () => {
    const [a, b] = [new StoreProvider('stores', 'a').make([]), new StoreProvider('stores', 'b').make([])]
    const { host, handle } = await hostGiving(a)
    await host.attach(STORES.clean, openStore('main'))
    const lease = host.capture()
    const second = await host.reload(handle, version('2.0.0', b))
    expect(await refusalOf(host.reload(second.handle, version('3.0.0', a)))).toMatchObject({
      code: 'DUPLICATE',
      resource: 'main',
      details: { resource: 'main', plugin: 'stores@1.0.0' },
    })
    expect(a.closed).toBe(0)
    lease[Symbol.dispose]()
    await second.finalized
    await (
      await host.reload(second.handle, version('3.0.0', a))
    ).finalized
    expect({ a: a.closed, b: b.closed }).toEqual({ a: 1, b: 1 })
  })

  it('exclusive: what was stopped may be started again, by the other version and as another resource', async () => {
    const pool = [new StoreProvider('stores', 'x').make([]), new StoreProvider('stores', 'y').make([])]
    const { host, handle } = await hostGiving(...pool)
    await host.attach(STORES.clean, openStore('a'))
    await host.attach(STORES.clean, openStore('b'))
    const result = await host.reload(handle, version('2.0.0', ...pool.toReversed()), { cutover: 'exclusive' })
    await result.finalized
    expect(pool.map(({ closed }) => closed)).toEqual([1, 1])
    expect(await refusalOf(host.attach(STORES.clean, openStore('c')))).toMatchObject({ code: 'DUPLICATE' })
  })

  it('I4 I7 a halted resource that is started with the object of another one stays halted', async () => {
    const [a, b] = [new StoreProvider('stores', 'a').make([]), new StoreProvider('stores', 'b').make([])]
    let startsWith: () => Store = () => a
    const host = new PluginHost({ strategies: [storeStrategy('clean')], clock: new ManualClock() })
    const handle = await host.add(opening('1.0.0', () => startsWith()))
    const main = await host.attach(STORES.clean, openStore('main'))
    startsWith = () => {
      throw new Error('no disk')
    }
    await refusalOf(
      host.reload(
        handle,
        opening('2.0.0', () => startsWith()),
        { cutover: 'exclusive' },
      ),
    )
    startsWith = () => b
    await host.attach(STORES.clean, openStore('other'))
    expect(await refusalOf(main.write(1))).toMatchObject({ code: 'RESOURCE_HALTED' })
    expect(b).toMatchObject({ closed: 0, entries: [] })
    // Closed when it was stopped, and so free.
    startsWith = () => a
    await main.use(() => {})
    expect(await refusalOf(host.attach(STORES.clean, openStore('third')))).toMatchObject({
      code: 'DUPLICATE',
      details: { resource: 'main' },
    })
  })
})
