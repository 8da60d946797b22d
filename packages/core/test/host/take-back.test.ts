import { PluginHost } from '@uni/reload-core'
import { describe, expect, it } from 'vitest'
import { refusalOf } from '../fixtures/refusal.js'
import { openStore, StorePlugin } from '../fixtures/store-plugin.js'
import { STORES, storeStrategy } from '../fixtures/store.js'

async function reloaded(healthy: (signal: AbortSignal) => boolean | Promise<boolean> = () => true) {
  const host = new PluginHost({ strategies: [storeStrategy('pre-copy')] })
  const first = await host.add(new StorePlugin('1.0.0'))
  const store = await host.attach(STORES['pre-copy'], openStore('main'))
  await store.write(1)
  // Longer than any test runs: only the host ends it.
  const bake = { ms: 600_000, everyMs: 1, healthy }
  const { handle, finalized } = await host.reload(first, new StorePlugin('2.0.0'), { bake })
  await store.write(2)
  return { host, first, handle, finalized, store }
}

describe('a reload that the host takes back', () => {
  it('T9 T2 serves the old version again, with every write, whatever healthy says', async () => {
    const { host, handle, finalized, store } = await reloaded()
    const report = await host.takeBack(handle)
    expect(report).toMatchObject({ outcome: 'taken-back', reason: 'the host asked for it' })
    expect(host.plugins()[0]).toMatchObject({ version: '1.0.0', state: 'active' })
    expect(await store.use(({ entries }) => [...entries])).toEqual([1, 2])
    expect((await finalized).bake).toBe(report)
  })

  it('T9 is taken back although healthy is being asked and never answers; asked twice, it is once', async () => {
    let asked: (() => void) | undefined
    const asking = new Promise<void>((resolve) => {
      asked = resolve
    })
    const { host, handle } = await reloaded(() => {
      asked?.()
      return new Promise(() => {})
    })
    await asking
    const [one, other] = await Promise.all([host.takeBack(handle), host.takeBack(handle)])
    expect(one).toMatchObject({ outcome: 'taken-back', reason: 'the host asked for it' })
    expect(other).toBe(one)
  })

  it('T9 is refused where it does not bake', async () => {
    const { host, first, handle, finalized } = await reloaded()
    expect((await refusalOf(host.takeBack(first))).code).toBe('STALE_HANDLE')
    await host.makePermanent(handle)
    expect(await refusalOf(host.takeBack(handle))).toMatchObject({ code: 'NOT_BAKING', plugin: 'stores@2.0.0' })
    expect((await finalized).bake).toEqual({ outcome: 'accepted' })
    await host.close()
    expect((await refusalOf(host.takeBack(handle))).code).toBe('HOST_CLOSED')
  })
})
