import { npmRanges } from '@uni/reload-core/ranges'
import { describe, expect, it } from 'vitest'
import { Deferred, failureOf, standing, turn } from '../fixtures/deferred.js'
import { hostWithStore, hostWithStores } from '../fixtures/host-with-store.js'
import { refusalOf } from '../fixtures/refusal.js'
import { cleanStores, openStore } from '../fixtures/store-plugin.js'
import { STORES, storeStrategy } from '../fixtures/store.js'
import { TestPlugin } from '../fixtures/test-plugin.js'

describe('a signal', () => {
  it('G13 takes a write and a use that wait out of the queue: nothing of them is applied', async () => {
    const { store, plugin, old } = await hostWithStore()
    const slow = new Deferred()
    plugin.provider.breakNext('apply', async (run) => {
      await slow.promise
      return run()
    })
    const { signal, abort } = abortable()
    const begun = store.write(1, { signal })
    const written = refusalOf(store.write(2, { signal }))
    const used = refusalOf(store.use(() => 'used', { signal }))
    const others = store.write(3)
    abort('enough')
    expect(await written).toMatchObject({ code: 'ABORTED', resource: 'main', cause: 'enough' })
    expect((await used).code).toBe('ABORTED')
    slow.resolve()
    await Promise.all([begun, others])
    expect(old.entries).toEqual([1, 3])
  })

  it('G13 O16 takes a call out that waits for its commit', async () => {
    const { host } = await hostWithStores({ ranges: npmRanges })
    const { signal, abort } = abortable()
    const calls: Promise<unknown>[] = []
    const borrower = new TestPlugin('borrower', '1.0.0', {
      dependsOn: [{ id: 'stores', range: '*' }],
      register: (registrar) => {
        const main = registrar.open(STORES.clean, openStore('main'))
        calls.push(
          failureOf(main.write(1, { signal })),
          failureOf(main.write(2, { signal: AbortSignal.abort() })),
          main.write(3),
        )
        abort()
      },
    })
    await host.add(borrower)
    expect(await Promise.all(calls)).toMatchObject([{ code: 'ABORTED' }, { code: 'ABORTED' }, undefined])
    expect(await host.resource(STORES.clean, 'main').use(({ entries }) => [...entries])).toEqual([3])
  })

  it('O17 gives an attach up while it opens: what is opened after all is closed, and the name is free', async () => {
    const { host, plugin } = await hostWithStores()
    const { signal, abort } = abortable()
    const opening = new Deferred()
    const open = async (provider: typeof plugin.provider) => {
      await opening.promise
      return provider.open()
    }
    const attaching = refusalOf(host.attach(STORES.clean, { name: 'main', key: 'stores', open, signal }))
    await turn()
    abort()
    expect((await attaching).code).toBe('ABORTED')
    opening.resolve()
    await host.attach(STORES.clean, openStore('main'))
    expect(plugin.made.map(({ closed }) => closed).toSorted()).toEqual([0, 1])
  })

  it('O17 gives an attach up that waits for a reload, and one whose signal has fired already', async () => {
    const { host, handle } = await hostWithStores({ strategies: [storeStrategy('clean')] })
    const holding = host.capture()
    const reloading = host.reload(handle, cleanStores('2.0.0'), { cutover: 'exclusive' })
    await turn()
    const { signal, abort } = abortable()
    const attaching = refusalOf(host.attach(STORES.clean, { ...openStore('main'), signal }))
    expect(await standing(attaching)).toBe('pending')
    abort()
    expect((await attaching).code).toBe('ABORTED')
    holding[Symbol.dispose]()
    await reloading
    expect((await refusalOf(host.attach(STORES.clean, { ...openStore('main'), signal }))).code).toBe('ABORTED')
    await host.attach(STORES.clean, openStore('main'))
  })
})

function abortable() {
  const controller = new AbortController()
  return { signal: controller.signal, abort: (reason?: unknown) => controller.abort(reason) }
}
