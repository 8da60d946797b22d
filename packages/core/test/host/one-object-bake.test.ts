import { PluginHost } from '@uni/reload-core'
import { ManualClock } from '@uni/reload-core/testing'
import { describe, expect, it } from 'vitest'
import { baking, pass } from '../fixtures/baking.js'
import { refusalOf } from '../fixtures/refusal.js'
import { openStore, StorePlugin } from '../fixtures/store-plugin.js'
import { STORES, storeStrategy } from '../fixtures/store.js'

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
