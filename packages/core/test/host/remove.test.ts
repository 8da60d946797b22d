import { PluginHost, type ReloadEvent } from '@uni/reload-core'
import { describe, expect, it } from 'vitest'
import { Deferred, standing } from '../fixtures/deferred.js'
import { refusalOf } from '../fixtures/refusal.js'
import { cleanStores, openStore, StorePlugin } from '../fixtures/store-plugin.js'
import { STORES, storeStrategy } from '../fixtures/store.js'
import { wordHandoff, wordKind, wordPlugin } from '../fixtures/word.js'

describe('a removal', () => {
  it('I1 I7 takes the plugin out of service with one commit, and shuts it down once, after its leases', async () => {
    await using host = new PluginHost({ strategies: [wordHandoff()] })
    const plugin = wordPlugin('a', '1.0.0')
    const handle = await host.add(plugin)
    const lease = host.capture()
    const { report, finalized } = await host.remove(handle)
    expect(report).toMatchObject({ plugin: 'a', from: '1.0.0', to: undefined, handoffs: [], closedOrphans: [] })
    expect(host.plugin('a')).toBeUndefined()
    expect((await refusalOf(() => host.acquire(wordKind, 'a'))).code).toBe('PROVIDER_NOT_FOUND')
    expect(host.plugins()).toMatchObject([{ id: 'a', state: 'retired' }])
    expect(lease.get(wordKind, 'a').say()).toBe('a@1.0.0')
    expect(await standing(finalized)).toBe('pending')
    lease[Symbol.dispose]()
    expect((await finalized).status).toBe('finalized')
    expect(plugin.calls).toEqual({ register: 1, init: 1, shutdown: 1 })
    expect(host.plugins()).toEqual([])
  })

  it('closes its resources once where the host says so, and refuses otherwise', async () => {
    await using host = new PluginHost({ strategies: [storeStrategy('clean')] })
    const plugin = cleanStores('1.0.0')
    const handle = await host.add(plugin)
    await host.attach(STORES.clean, openStore('one'))
    await host.attach(STORES.clean, openStore('two'))
    const error = await refusalOf(host.remove(handle))
    expect(error.code).toBe('ORPHANED_RESOURCE')
    expect(error.message).toContain('"one" (key "stores"), "two" (key "stores")')
    const { report, finalized } = await host.remove(handle, { onOrphan: 'close' })
    expect(report.closedOrphans).toEqual(['one', 'two'])
    expect((await finalized).errors).toEqual([])
    expect(plugin.made).toMatchObject([{ closed: 1 }, { closed: 1 }])
  })

  it('I4 an orphan takes no write from the turn of the commit on, nor those that waited then', async () => {
    const asked: Promise<unknown>[] = []
    const observer = ({ type }: ReloadEvent): void => {
      if (type === 'committed') asked.push(refusalOf(idle.write(1)), refusalOf(idle.use(() => 1)))
    }
    await using host = new PluginHost({ strategies: [storeStrategy('pre-copy')], observer })
    const plugin = new StorePlugin('1.0.0')
    const handle = await host.add(plugin)
    const idle = await host.attach(STORES['pre-copy'], openStore('idle'))
    const busy = await host.attach(STORES['pre-copy'], openStore('busy'))
    const slow = new Deferred()
    plugin.provider.breakNext('apply', async (run) => {
      await slow.promise
      run()
    })
    const first = busy.write(1)
    const behind = refusalOf(busy.write(2))

    const { finalized } = await host.remove(handle, { onOrphan: 'close' })
    slow.resolve()
    await Promise.all([first, finalized])
    const refused = await Promise.all([...asked, behind])
    expect(refused).toMatchObject([
      { code: 'RESOURCE_CLOSED' },
      { code: 'RESOURCE_CLOSED' },
      { code: 'RESOURCE_CLOSED' },
    ])
    expect(plugin.provider.made.map(({ entries }) => entries)).toEqual([[], [1]])
  })

  it('a plugin may be added again, from generation 0 and at the end of the order', async () => {
    await using host = new PluginHost({ strategies: [wordHandoff()] })
    const a = await host.add(wordPlugin('a', '1.0.0'))
    await host.add(wordPlugin('b', '1.0.0'))
    const { handle } = await host.reload(a, wordPlugin('a', '2.0.0'))
    await host.remove(handle)
    expect((await refusalOf(host.reload(handle, wordPlugin('a', '3.0.0')))).code).toBe('PLUGIN_NOT_FOUND')
    expect(await host.add(wordPlugin('a', '1.0.0'))).toEqual({ id: 'a', generation: 0 })
    using lease = host.capture()
    expect(lease.all(wordKind).map(({ name }) => name)).toEqual(['b', 'a'])
  })
})
