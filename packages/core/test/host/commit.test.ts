import { PluginHost, ReloadKindHandlers, WriteGate, type ResourceHandoff } from '@uni/reload-core'
import { describe, expect, it } from 'vitest'
import { refusalOf } from '../fixtures/refusal.js'
import { cleanStores, openStore } from '../fixtures/store-plugin.js'
import { STORES, StoreProvider, storeStrategy, type Store } from '../fixtures/store.js'

/** Hands over by the book, but for what `more` changes. */
function handOver(next: () => Store, more: Partial<ResourceHandoff<Store>>): ResourceHandoff<Store> {
  return { converge: async () => next(), rollback: async () => {}, finalize: async () => {}, ...more }
}

describe('the commit', () => {
  it('O3 I3 is refused, and nothing published, where a strategy has let go of the hold', async () => {
    const opened = new StoreProvider('stores', 'new').make([])
    await using host = new PluginHost({
      strategies: [
        storeStrategy('clean', {
          handoff: ({ gate }) =>
            handOver(
              () => {
                gate.release()
                return opened
              },
              {
                rollback: async () => {
                  opened.closed += 1
                },
              },
            ),
        }),
      ],
    })
    const plugin = cleanStores('1.0.0')
    const handle = await host.add(plugin)
    const store = await host.attach(STORES.clean, openStore('main'))
    const next = cleanStores('2.0.0')
    const error = await refusalOf(host.reload(handle, next))
    expect(error).toMatchObject({ code: 'HANDOFF', phase: 'converge', surface: 'clean-store', resource: 'main' })
    await store.write(1)
    using lease = host.capture()
    expect(lease.resource(STORES.clean, 'main')).toMatchObject({ by: 'stores@1.0.0', entries: [1], closed: 0 })
    expect(lease.get(STORES.clean, 'stores')).toBe(plugin.provider)
    expect({ stores: host.plugin('stores'), shutdown: next.calls.shutdown, closed: opened.closed }).toEqual({
      stores: handle,
      shutdown: 1,
      closed: 1,
    })
  })

  it('O3 I3 also where the host closes a gate of its own at the last moment', async () => {
    const store = new StoreProvider('stores', 'mine').make([])
    const gate = new WriteGate(STORES.clean, 'mine', store)
    await using host = new PluginHost({
      strategies: [
        storeStrategy('clean', { handoff: () => handOver(() => new StoreProvider('stores', 'new').make([]), {}) }),
      ],
      observer: (event) => {
        if (event.type === 'phase-ended' && event.phase === 'converge' && event.operation === 2) void gate.close()
      },
    })
    const handle = await host.add(cleanStores('1.0.0'))
    const handlers = new ReloadKindHandlers().add(STORES.clean, { name: 'mine', key: 'stores', resource: store, gate })
    const error = await refusalOf(host.reload(handle, cleanStores('2.0.0'), { handlers }))
    expect(error).toMatchObject({ code: 'HANDOFF', phase: 'commit', surface: 'clean-store', resource: 'mine' })
    expect(error.message).toContain('is closed, not held')
    expect(host.plugin('stores')).toEqual(handle)
  })

  it('I1 switches every resource of a surface at once', async () => {
    const host = new PluginHost({ strategies: [storeStrategy('clean')] })
    const handle = await host.add(cleanStores('1.0.0'))
    for (const name of ['one', 'two']) await host.attach(STORES.clean, openStore(name))
    await host.reload(handle, cleanStores('2.0.0'))
    using lease = host.capture()
    expect(['one', 'two'].map((name) => lease.resource(STORES.clean, name).by)).toEqual([
      'stores@2.0.0',
      'stores@2.0.0',
    ])
  })

  it('I1 I4 a write that was held goes on in the turn of the commit, against the new resource', async () => {
    const host = new PluginHost({ strategies: [storeStrategy('clean')] })
    const handle = await host.add(cleanStores('1.0.0'))
    const store = await host.attach(STORES.clean, openStore('main'))
    const next = cleanStores('2.0.0')
    let write: Promise<void> | undefined
    const open = next.provider.open.bind(next.provider)
    next.provider.open = () => {
      write = store.write(1)
      return open()
    }
    await host.reload(handle, next, { cutover: 'exclusive' })
    await write
    expect(next.made).toMatchObject([{ entries: [1] }])
  })
})

describe('resources that the host holds itself', () => {
  async function hostWithOwn() {
    const host = new PluginHost({ strategies: [storeStrategy('clean')] })
    const plugin = cleanStores('1.0.0')
    const handle = await host.add(plugin)
    const store = await plugin.provider.open()
    const gate = new WriteGate(STORES.clean, 'mine', store)
    const handlers = new ReloadKindHandlers().add(STORES.clean, {
      name: 'mine',
      key: 'stores',
      resource: store,
      gate,
      open: (provider) => provider.open(),
    })
    return { host, plugin, handle, store, gate, handlers }
  }

  it('I4 I10 are handed over with the others, and given back in the result', async () => {
    const { host, handle, store, gate, handlers } = await hostWithOwn()
    await host.attach(STORES.clean, openStore('attached'))
    const next = cleanStores('2.0.0')
    const { resources, report, finalized } = await host.reload(handle, next, { handlers })
    await gate.write(1)
    expect([...resources(STORES.clean)].map(([name, { by }]) => [name, by])).toEqual([
      ['attached', 'stores@2.0.0'],
      ['mine', 'stores@2.0.0'],
    ])
    expect(report.handoffs.map(({ resource }) => resource)).toEqual(['attached', 'mine'])
    expect(resources(STORES.clean).get('mine')?.entries).toEqual([1])
    await finalized
    expect(store).toMatchObject({ entries: [], closed: 1 })
    // Nobody will take the reload back, so nothing is recorded for that (I12).
    expect(gate.isFollowed).toBe(false)
  })

  it('I3 stay with the host where the reload fails', async () => {
    const { host, handle, store, gate, handlers } = await hostWithOwn()
    const next = cleanStores('2.0.0')
    next.provider.open = () => {
      throw new Error('no disk')
    }
    expect((await refusalOf(host.reload(handle, next, { handlers }))).code).toBe('HANDOFF')
    await gate.write(1)
    expect(store).toMatchObject({ entries: [1], closed: 0 })
  })

  it('I3 roll back where they cannot be listed: HANDOFF', async () => {
    const { host, handle } = await hostWithOwn()
    const next = cleanStores('2.0.0')
    const handlers = new ReloadKindHandlers()
    handlers.entries = () => {
      throw new TypeError('lost')
    }
    const error = await refusalOf(host.reload(handle, next, { handlers }))
    expect(error).toMatchObject({
      code: 'HANDOFF',
      phase: 'preflight',
      cause: expect.any(TypeError) as TypeError,
      rollbackErrors: [],
    })
    expect({ stores: host.plugin('stores'), shutdown: next.calls.shutdown }).toEqual({ stores: handle, shutdown: 1 })
  })

  it('are refused where neither version provides their key', async () => {
    const { host, handle, store } = await hostWithOwn()
    const handlers = new ReloadKindHandlers().add(STORES.clean, { name: 'mine', key: 'other', resource: store })
    expect(await refusalOf(host.reload(handle, cleanStores('2.0.0'), { handlers }))).toMatchObject({
      code: 'PROVIDER_NOT_FOUND',
      phase: 'preflight',
      key: 'other',
      resource: 'mine',
    })
  })
})
