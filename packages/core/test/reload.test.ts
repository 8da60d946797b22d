import { PluginHost, ReloadError } from '@uni/reload-core'
import { describe, expect, it } from 'vitest'
import { openStore, StorePlugin } from './fixtures/store-plugin.js'
import { STORES, storeStrategy } from './fixtures/store.js'

async function hostWithStore() {
  const host = new PluginHost({ strategies: [storeStrategy('pre-copy')] })
  const plugin = new StorePlugin('1.0.0')
  const handle = await host.add(plugin)
  const store = await host.attach(STORES['pre-copy'], openStore('main'))
  return { host, plugin, handle, store }
}

describe('a reload', () => {
  it('I4 moves every acknowledged write to the new version, once and in order', async () => {
    const { host, plugin, handle, store } = await hostWithStore()
    await store.write(1)
    await store.write(2)
    const next = new StorePlugin('2.0.0')
    const reloading = host.reload(handle, next)
    await Promise.all([store.write(3), store.write(4)])
    const result = await reloading
    await store.write(5)

    using lease = host.capture()
    expect(lease.resource(STORES['pre-copy'], 'main')).toBe(next.made[0])
    expect(lease.resource(STORES['pre-copy'], 'main').entries).toEqual([1, 2, 3, 4, 5])
    expect(result.handle).toEqual({ id: 'stores', generation: 1 })
    expect(await result.finalized).toMatchObject({ status: 'finalized', errors: [] })
    expect(plugin.made[0]?.closed).toBe(1)
    expect(plugin.calls).toEqual({ register: 1, init: 1, shutdown: 1 })
  })

  it('I3 leaves the old version serving where the new one cannot open', async () => {
    const { host, plugin, handle, store } = await hostWithStore()
    await store.write(1)
    const broken = new StorePlugin('2.0.0')
    broken.provider.break('open', () => {
      throw new Error('cannot read it')
    })
    const error = await host.reload(handle, broken).catch((thrown: unknown) => thrown)
    expect(ReloadError.is(error) && error.message).toBe(
      'HANDOFF (plugin "stores@1.0.0 → 2.0.0", pre-copy-store "stores", resource "main", prepare/open): cannot read it. ' +
        'The old version goes on serving. Correct the new one, then reload again.',
    )
    await store.write(2)
    expect(ReloadError.is(error) && error.report).toMatchObject({
      handoffs: [{ resource: 'main', convergeMs: 0, replayedWrites: 0 }],
    })
    expect(plugin.made[0]?.entries).toEqual([1, 2])
    expect(plugin.made[0]?.closed).toBe(0)
    expect(broken.calls).toEqual({ register: 1, init: 1, shutdown: 1 })
    expect(host.plugin('stores')).toEqual(handle)
  })
})
