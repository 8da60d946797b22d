import { PluginHost, type LiveResource, type ResourceHandoff } from '@uni/reload-core'
import { ManualClock } from '@uni/reload-core/testing'
import { describe, expect, it } from 'vitest'
import { refusalOf } from '../fixtures/refusal.js'
import { openStore, type StorePlugin } from '../fixtures/store-plugin.js'
import { STORES, StoreProvider, storeStrategy, type Store } from '../fixtures/store.js'
import { TestPlugin } from '../fixtures/test-plugin.js'
import { websocketHub, websocketHubHandoff, type Hub } from '../fixtures/websocket-hub.js'
import { leave } from '../fixtures/leave.js'
import { version, opening } from '../fixtures/giving.js'

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

  it('H5 I7 an object that it did not claim is checked before it serves, or when it replaces what was stopped', async () => {
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

  it('I4 an object that a write has started while a reload begins may be started again once it was stopped', async () => {
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
