import { PluginHost } from '@uni/reload-core'
import { describe, expect, it } from 'vitest'
import { Deferred, turn } from '../fixtures/deferred.js'
import { hostWithStores } from '../fixtures/host-with-store.js'
import { refusalOf } from '../fixtures/refusal.js'
import { openStore } from '../fixtures/store-plugin.js'
import { STORES, type StoreProvider, type Store } from '../fixtures/store.js'

const OPTIONS = { timeouts: { open: 500 } }

describe('an attach that cannot be', () => {
  it('of a name that is taken, or being taken: DUPLICATE; another name is free', async () => {
    const { host, plugin } = await hostWithStores(OPTIONS)
    const opening = new Deferred()
    const first = host.attach(STORES.clean, {
      ...openStore('main'),
      open: async (provider) => {
        await opening.promise
        return provider.open()
      },
    })
    const error = await refusalOf(host.attach(STORES.clean, openStore('main')))
    expect(error).toMatchObject({
      code: 'DUPLICATE',
      surface: 'clean-store',
      key: 'stores',
      resource: 'main',
      hint: 'Detach it first, or choose another name.',
    })
    expect(error.message).toContain('a live resource of this name is attached already')
    opening.resolve()
    await first
    expect((await refusalOf(host.attach(STORES.clean, openStore('main')))).code).toBe('DUPLICATE')
    await host.attach(STORES.clean, openStore('other'))
    expect(plugin.made).toHaveLength(2)
  })

  it('with a key that nobody provides: PROVIDER_NOT_FOUND', async () => {
    const { host } = await hostWithStores(OPTIONS)
    const error = await refusalOf(host.attach(STORES.clean, openStore('main', 'missing')))
    expect(error).toMatchObject({
      code: 'PROVIDER_NOT_FOUND',
      surface: 'clean-store',
      key: 'missing',
      resource: 'main',
      step: 'attach',
      hint: 'Install the plugin that provides it first.',
    })
    expect(error.message).toContain('no plugin provides this key')
  })

  it('on a surface without a strategy: NO_STRATEGY', async () => {
    await using empty = new PluginHost({ strategies: [] })
    expect((await refusalOf(empty.attach(STORES.clean, openStore('main')))).code).toBe('NO_STRATEGY')
  })

  it.each<[string, (provider: StoreProvider) => Store | Promise<Store>, string]>([
    [
      'throws',
      () => {
        throw new Error('no disk')
      },
      'no disk',
    ],
    ['rejects', () => Promise.reject(new Error('no disk')), 'no disk'],
    ['returns nothing', () => undefined as unknown as Store, 'open returned no resource'],
    ['resolves with null', () => Promise.resolve(null as unknown as Store), 'open returned no resource'],
  ])('whose open %s: nothing is attached, and the name stays free', async (_, open, reason) => {
    const { host } = await hostWithStores(OPTIONS)
    const error = await refusalOf(host.attach(STORES.clean, { ...openStore('main'), open }))
    expect(error).toMatchObject({
      code: 'HANDOFF',
      phase: 'prepare',
      step: 'open',
      surface: 'clean-store',
      key: 'stores',
      resource: 'main',
      plugin: 'stores@1.0.0',
      hint: 'Nothing was attached. Correct the provider or what it opens, then attach again.',
    })
    expect(error.message).toContain(reason)
    expect(host.resources()).toEqual([])
    expect((await host.attach(STORES.clean, openStore('main'))).name).toBe('main')
  })

  it('I8 whose open hangs is given up on: STEP_TIMEOUT, and what it opens after all is closed once', async () => {
    const { host, clock, plugin } = await hostWithStores(OPTIONS)
    const opening = new Deferred()
    const failing = refusalOf(
      host.attach(STORES.clean, {
        ...openStore('main'),
        open: async (provider) => {
          await opening.promise
          return provider.open()
        },
      }),
    )
    await turn()
    clock.advance(500)
    const timeout = await failing
    expect(timeout.code).toBe('STEP_TIMEOUT')
    expect(timeout.hint).toContain('timeouts.open')
    opening.resolve()
    await turn()
    expect(plugin.made).toMatchObject([{ closed: 1 }])
    expect(host.resources()).toEqual([])
  })
})
