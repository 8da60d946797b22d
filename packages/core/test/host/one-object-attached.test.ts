import { PluginHost } from '@uni/reload-core'
import { ManualClock } from '@uni/reload-core/testing'
import { describe, expect, it } from 'vitest'
import { Deferred, turn } from '../fixtures/deferred.js'
import { refusalOf } from '../fixtures/refusal.js'
import { cleanStores, openStore } from '../fixtures/store-plugin.js'
import { STORES, StoreProvider, storeStrategy, type Store } from '../fixtures/store.js'
import { leave } from '../fixtures/leave.js'
import { hostGiving, version } from '../fixtures/giving.js'

/** Opens a store when it is told to. */
function openLater(name: string) {
  const opening = new Deferred()
  const open = async (provider: StoreProvider): Promise<Store> => {
    await opening.promise
    return provider.open()
  }
  return { opening, options: { ...openStore(name), open } }
}

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
