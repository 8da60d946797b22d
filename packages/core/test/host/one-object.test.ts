import {
  OldProviders,
  PluginHost,
  ReloadDispatcher,
  ReloadKindHandlers,
  type Cutover,
  type LiveResource,
  type ResourceHandoff,
} from '@uni/reload-core'
import { storageBackend, storageBackendHandoff } from '@uni/reload-core/surfaces'
import { ManualClock } from '@uni/reload-core/testing'
import { describe, expect, it } from 'vitest'
import { baking, pass } from '../fixtures/baking.js'
import { Deferred, turn } from '../fixtures/deferred.js'
import { refusalOf } from '../fixtures/refusal.js'
import { MemoryStorage } from '../fixtures/storage-worlds.js'
import { cleanStores, openStore, StorePlugin } from '../fixtures/store-plugin.js'
import { STORES, StoreProvider, storeStrategy, type Store, type StoreDiscipline } from '../fixtures/store.js'
import { TestPlugin } from '../fixtures/test-plugin.js'
import { websocketHub, websocketHubHandoff, type Hub } from '../fixtures/websocket-hub.js'
import { leave } from '../fixtures/leave.js'

/** Opens what it is told to, one after another, and the last of them from then on. */
class GivingProvider extends StoreProvider {
  readonly #stores: Store[]

  constructor(version: string, ...stores: Store[]) {
    super('stores', version)
    this.#stores = stores
  }

  override open(): Store {
    const [store] = this.#stores.length > 1 ? this.#stores.splice(0, 1) : this.#stores
    return store as Store
  }
}

async function hostGiving(...stores: Store[]) {
  const host = new PluginHost({
    strategies: [storeStrategy('clean')],
    clock: new ManualClock(),
    timeouts: { open: 500 },
  })
  const handle = await host.add(cleanStores('1.0.0', { provider: new GivingProvider('1.0.0', ...stores) }))
  return { host, handle }
}

const version = (number: string, ...stores: Store[]): StorePlugin =>
  cleanStores(number, { provider: new GivingProvider(number, ...stores) })

/** Opens a store when it is told to. */
function openLater(name: string) {
  const opening = new Deferred()
  const open = async (provider: StoreProvider): Promise<Store> => {
    await opening.promise
    return provider.open()
  }
  return { opening, options: { ...openStore(name), open } }
}

/** A version whose stores are opened by `open`. */
const opening = (number: string, open: () => Store): StorePlugin =>
  cleanStores(number, { provider: Object.assign(new StoreProvider('stores', number), { open }) })

describe('one object, attached under two names', () => {
  it('O13 I7 is refused: DUPLICATE names both, and the object serves on and is closed once', async () => {
    const store = new StoreProvider('stores', '1').make([])
    const { host } = await hostGiving(store)
    const first = await host.attach(STORES.clean, openStore('first'))
    const error = await refusalOf(host.attach(STORES.clean, openStore('second')))
    expect(error).toMatchObject({
      code: 'DUPLICATE',
      phase: 'prepare',
      step: 'open',
      surface: 'clean-store',
      key: 'stores',
      resource: 'second',
      plugin: 'stores@1.0.0',
      retryable: false,
      details: { surface: 'clean-store', key: 'stores', resource: 'first', plugin: 'stores@1.0.0' },
    })
    expect(error.message).toContain(
      'is a live resource already: clean-store "stores", resource "first", opened by plugin "stores@1.0.0"',
    )
    expect(host.resources()).toMatchObject([{ name: 'first' }])
    await first.write(1)
    await host[Symbol.asyncDispose]()
    expect(store).toMatchObject({ entries: [1], closed: 1 })
  })

  it('I7 I8 is left open also where it comes when the attach was given up on', async () => {
    const store = new StoreProvider('stores', '1').make([])
    const clock = new ManualClock()
    const host = new PluginHost({ strategies: [storeStrategy('clean')], clock, timeouts: { open: 500 } })
    await host.add(version('1.0.0', store))
    await host.attach(STORES.clean, openStore('first'))
    const { opening, options } = openLater('second')
    const failing = refusalOf(host.attach(STORES.clean, options))
    await turn()
    clock.advance(500)
    expect((await failing).code).toBe('STEP_TIMEOUT')
    opening.resolve()
    await turn()
    expect(store.closed).toBe(0)
  })

  it('may be another once it was closed: after a detach, a late open, an activation that failed', async () => {
    const store = new StoreProvider('stores', '1').make([])
    const clock = new ManualClock()
    let broken = false
    const activate = (): void => {
      if (broken) throw new Error('no timer')
    }
    const host = new PluginHost({ strategies: [storeStrategy('clean', { activate })], clock, timeouts: { open: 500 } })
    await host.add(version('1.0.0', store))
    const first = await host.attach(STORES.clean, openStore('first'))
    await leave(first)
    const { opening, options } = openLater('second')
    const failing = refusalOf(host.attach(STORES.clean, options))
    await turn()
    clock.advance(500)
    await failing
    opening.resolve()
    await turn()
    broken = true
    expect((await refusalOf(host.attach(STORES.clean, openStore('third')))).code).toBe('HANDOFF')
    broken = false
    await host.attach(STORES.clean, openStore('fourth'))
    expect(store.closed).toBe(3)
  })

  it('is refused while a lease keeps it open behind its detach', async () => {
    const store = new StoreProvider('stores', '1').make([])
    const { host } = await hostGiving(store)
    const first = await host.attach(STORES.clean, openStore('first'))
    const lease = host.capture()
    const detached = leave(first)
    expect(await refusalOf(host.attach(STORES.clean, openStore('second')))).toMatchObject({
      code: 'DUPLICATE',
      details: { resource: 'first' },
    })
    lease[Symbol.dispose]()
    await detached
    await host.attach(STORES.clean, openStore('second'))
    expect(store.closed).toBe(1)
  })

  it('resources without an identity are as many as there are names', async () => {
    const host = new PluginHost({ strategies: [storeStrategy('clean', { close: () => {} })] })
    await host.add(cleanStores('1.0.0'))
    const open = (): Store => 7 as unknown as Store
    for (const name of ['first', 'second']) await host.attach(STORES.clean, { ...openStore(name), open })
    expect(host.resources()).toHaveLength(2)
  })
})

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
    expect([a.closed, b.closed]).toEqual([stopped, stopped])

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

  it('O13 I7 another resource that serves: refused, and that one serves on', async () => {
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
    expect([a.closed, b.closed]).toEqual([0, 0])
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
    expect([storages.a.closed, storages.b.closed, storages.a.keys(), storages.b.keys()]).toEqual([0, 0, ['x', 'y'], []])
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
    expect([a.closed, b.closed]).toEqual([1, 1])
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

describe('a strategy that opens and closes by itself', () => {
  it('I7 what it was given for two resources is closed once, and may be opened again', async () => {
    const give = (number: string, hub: () => Hub): TestPlugin =>
      new TestPlugin('chat', number, {
        register: (registrar) => {
          registrar.provide(websocketHub, { name: 'chat', protocol: 'v1', create: hub })
        },
      })
    const hubs: (Hub & { closed: number })[] = []
    const hub = (): Hub => {
      const made = {
        closed: 0,
        adopt() {},
        release: () => [],
        broadcast() {},
        close() {
          made.closed += 1
        },
      }
      hubs.push(made)
      return made
    }
    const host = new PluginHost({ strategies: [websocketHubHandoff()], clock: new ManualClock() })
    const handle = await host.add(give('1.0.0', hub))
    const attach = (name: string, create?: () => Hub) =>
      host.attach(websocketHub, { name, key: 'chat', open: (provider) => create?.() ?? provider.create() })
    await attach('lobby')
    await attach('attic')
    const shared = hub()
    expect(
      await refusalOf(
        host.reload(
          handle,
          give('2.0.0', () => shared),
        ),
      ),
    ).toMatchObject({ code: 'DUPLICATE', step: 'create', rollbackErrors: [] })
    expect(hubs.map(({ closed }) => closed)).toEqual([0, 0, 1])
    await attach('cellar', () => shared)
    await host[Symbol.asyncDispose]()
    expect(hubs.map(({ closed }) => closed)).toEqual([1, 1, 2])
  })

  it('H5 I7 what it did not claim is looked at before it serves, or when it replaced what was stopped', async () => {
    const [a, b, put] = [
      new StoreProvider('stores', 'a').make([]),
      new StoreProvider('stores', 'b').make([]),
      new StoreProvider('stores', 'put').make([]),
    ]
    let broken = false
    const strategy = storeStrategy('clean', {
      handoff: ({ gate, next }) => ({
        async converge() {
          if (broken) throw new Error('no disk')
          return next.open()
        },
        async rollback() {
          if (broken) gate.replace(put)
        },
        async finalize() {},
      }),
    })
    const host = new PluginHost({ strategies: [strategy], clock: new ManualClock() })
    const handle = await host.add(version('1.0.0', a, b, put))
    await host.attach(STORES.clean, openStore('a'))
    const other = await host.attach(STORES.clean, openStore('b'))
    expect(await refusalOf(host.reload(handle, version('2.0.0', b)))).toMatchObject({
      code: 'DUPLICATE',
      phase: 'converge',
      resource: 'a',
      details: { resource: 'b' },
    })
    expect(b.closed).toBe(0)
    expect(await refusalOf(host.attach(STORES.clean, { ...openStore('c'), open: () => a }))).toMatchObject({
      code: 'DUPLICATE',
      details: { resource: 'a' },
    })
    await leave(other)
    broken = true
    await refusalOf(host.reload(handle, version('2.0.0', b)))
    expect(await refusalOf(host.attach(STORES.clean, openStore('c')))).toMatchObject({
      code: 'DUPLICATE',
      details: { resource: 'a' },
    })
  })

  it('what serves may serve on, changed in place', async () => {
    const store = new StoreProvider('stores', '1').make([])
    const strategy = storeStrategy('clean', {
      handoff: (job) => ({
        async prepare() {
          job.claim?.(job.gate.resource)
        },
        converge: async () => job.gate.resource,
        async rollback() {},
        async finalize() {},
      }),
    })
    const host = new PluginHost({ strategies: [strategy], clock: new ManualClock() })
    const handle = await host.add(version('1.0.0', store))
    await host.attach(STORES.clean, openStore('main'))
    await (
      await host.reload(handle, version('2.0.0', store))
    ).finalized
    expect((await refusalOf(host.attach(STORES.clean, openStore('other')))).code).toBe('DUPLICATE')
  })

  it('I4 what a write has started while a reload begins may be started again once it was stopped', async () => {
    const [a, pooled] = [new StoreProvider('stores', 'a').make([]), new StoreProvider('stores', 'pooled').make([])]
    let startsWith: () => Store = () => a
    let main: LiveResource<Store, number> | undefined
    const given = (number: string): StorePlugin => opening(number, () => startsWith())
    const clean = storeStrategy('clean')
    const strategy: typeof clean = {
      ...clean,
      handoff(job, ctx) {
        const handoff = clean.handoff?.(job, ctx) as ResourceHandoff<Store>
        return job.gate.halted === undefined
          ? handoff
          : {
              ...handoff,
              async prepare() {
                await main?.use(() => {})
              },
            }
      },
    }
    const host = new PluginHost({ strategies: [strategy], clock: new ManualClock() })
    const handle = await host.add(given('1.0.0'))
    main = await host.attach(STORES.clean, openStore('main'))
    startsWith = () => {
      throw new Error('no disk')
    }
    await refusalOf(host.reload(handle, given('2.0.0'), { cutover: 'exclusive' }))
    startsWith = () => pooled
    expect((await host.reload(handle, given('2.0.0'), { cutover: 'exclusive' })).status).toBe('committed')
    expect(pooled.closed).toBe(1)
  })
})

describe('while a reload bakes', () => {
  it('T1 I7 what was kept is held, whoever opens it; taken back, it serves', async () => {
    const { clock, v1, v2, host, result, serving, closed } = await baking({ ms: 1000, healthy: () => false })
    const [kept] = v1.provider.made
    v2.provider.break('open', () => kept)
    expect(await refusalOf(host.attach(STORES['pre-copy'], openStore('other')))).toMatchObject({
      code: 'DUPLICATE',
      resource: 'other',
      details: { resource: 'main', plugin: 'stores@1.0.0' },
    })
    const v3 = new StorePlugin('3.0.0')
    v3.provider.break('open', () => kept)
    expect(await refusalOf(host.reload(result.handle, v3))).toMatchObject({
      code: 'DUPLICATE',
      resource: 'main',
      details: { resource: 'main', plugin: 'stores@1.0.0' },
    })
    expect(kept?.closed).toBe(0)
    await pass(clock, 1000)
    expect((await closed())?.outcome).toBe('taken-back')
    expect(serving()).toBe(kept)
    await host[Symbol.asyncDispose]()
    for (const store of [...v1.provider.made, ...v2.provider.made]) expect(store.closed).toBe(1)
  })

  it('T1 T4 I7 what was kept is held until it was closed, also where the take-back failed', async () => {
    const clock = new ManualClock()
    const host = new PluginHost({ strategies: [storeStrategy('pre-copy')], clock })
    const [v1, v2] = [new StorePlugin('1.0.0'), new StorePlugin('2.0.0')]
    const handle = await host.add(v1)
    const attach = (name: string) => host.attach(STORES['pre-copy'], openStore(name))
    const store = await attach('main')
    const lease = host.capture()
    const result = await host.reload(handle, v2, { bake: { ms: 1000, healthy: () => false } })
    await store.write(1)
    v1.provider.break('apply', () => {
      throw new Error('no disk')
    })
    await pass(clock, 1000)
    const [kept] = v1.provider.made
    v2.provider.break('open', () => kept)
    expect(await refusalOf(attach('other'))).toMatchObject({
      code: 'DUPLICATE',
      details: { resource: 'main', plugin: 'stores@1.0.0' },
    })
    expect(kept?.closed).toBe(0)
    lease[Symbol.dispose]()
    expect((await result.finalized).bake?.outcome).toBe('stranded')
    await attach('other')
    expect(kept?.closed).toBe(1)
  })

  it('T1 I7 what serves again is held, and what was taken back is not', async () => {
    const { clock, v1, v2, host, closed } = await baking({ ms: 1000, healthy: () => false })
    await pass(clock, 1000)
    await closed()
    const attach = (name: string) => host.attach(STORES['pre-copy'], openStore(name))
    v1.provider.break('open', () => v1.provider.made[0])
    expect((await refusalOf(attach('other'))).code).toBe('DUPLICATE')
    v1.provider.break('open', () => v2.provider.made[0])
    await attach('other')
    expect(v2.provider.made[0]?.closed).toBe(1)
  })
})

describe('a dispatcher without a host', () => {
  function dispatch(old: readonly Store[], ...next: Store[]) {
    const dispatcher = new ReloadDispatcher([storeStrategy('clean')], { clock: new ManualClock() })
    const handlers = new ReloadKindHandlers()
    for (const [at, resource] of old.entries()) handlers.add(STORES.clean, { ...openStore(`store ${at}`), resource })
    return dispatcher.dispatch({
      old: new OldProviders().add(STORES.clean, new StoreProvider('stores', '1')),
      next: new OldProviders().add(STORES.clean, new GivingProvider('2', ...next)),
      handlers,
    })
  }

  it('I7 refuses one object for two, new or old, and one that another is replaced in', async () => {
    const [a, b, shared] = [
      new StoreProvider('stores', 'a').make([]),
      new StoreProvider('stores', 'b').make([]),
      new StoreProvider('stores', 'shared').make([]),
    ]
    expect(await refusalOf(dispatch([a, b], shared))).toMatchObject({
      code: 'DUPLICATE',
      resource: 'store 1',
      details: { resource: 'store 0' },
    })
    expect(shared.closed).toBe(1)
    expect(
      await refusalOf(
        dispatch([a, a], new StoreProvider('stores', '2').make([]), new StoreProvider('stores', '3').make([])),
      ),
    ).toMatchObject({
      code: 'DUPLICATE',
      resource: 'store 1',
      details: { resource: 'store 0' },
    })
    expect(await refusalOf(dispatch([a, b], b, new StoreProvider('stores', '2').make([])))).toMatchObject({
      code: 'DUPLICATE',
    })
    expect([a.closed, b.closed]).toEqual([0, 0])
  })
})

describe('resources that the caller of a reload hands in', () => {
  it('are held while they are handed over, and neither before nor after', async () => {
    const [a, own, second, third] = [
      new StoreProvider('stores', 'a').make([]),
      new StoreProvider('stores', 'own').make([]),
      new StoreProvider('stores', 'second').make([]),
      new StoreProvider('stores', 'third').make([]),
    ]
    const { host, handle } = await hostGiving(a)
    const handOver = (resource: Store): ReloadKindHandlers =>
      new ReloadKindHandlers().add(STORES.clean, { ...openStore('own'), resource })
    await refusalOf(host.reload(handle, version('2.0.0', own), { handlers: handOver(own) }))
    const result = await host.reload(handle, version('2.0.0', second), { handlers: handOver(own) })
    await result.finalized
    const again = await host.reload(result.handle, version('3.0.0', third), { handlers: handOver(second) })
    await again.finalized
    expect([own.closed, second.closed, third.closed]).toEqual([1, 1, 0])
    const attached = await host.attach(STORES.clean, openStore('attached'))
    expect(
      await refusalOf(
        host.reload(again.handle, version('4.0.0', new StoreProvider('stores', '4').make([])), {
          handlers: handOver(third),
        }),
      ),
    ).toMatchObject({ code: 'DUPLICATE', resource: 'own', details: { resource: 'attached' } })
    await attached.write(1)
    expect(third).toMatchObject({ closed: 0, entries: [1] })
  })
})
