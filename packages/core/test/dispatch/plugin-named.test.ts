import { PluginHost, ReloadKindHandlers, type HandoffStrategy } from '@uni/reload-core'
import { describe, expect, it } from 'vitest'
import { refusalOf } from '../fixtures/refusal.js'
import { cleanStores, openStore } from '../fixtures/store-plugin.js'
import { STORES, StoreProvider, storeStrategy, type Store } from '../fixtures/store.js'

type Broken = Partial<HandoffStrategy<StoreProvider, Store, number>>

const broken = (): never => {
  throw new Error('broken')
}

async function failing(strategy: Broken) {
  await using host = new PluginHost({ strategies: [storeStrategy('clean', strategy)] })
  const handle = await host.add(cleanStores('1.0.0'))
  await host.attach(STORES.clean, openStore('main'))
  return refusalOf(host.reload(handle, cleanStores('2.0.0')))
}

describe('I10 what fails between two versions of a plugin names it', () => {
  it.each<[string, Broken, object]>([
    [
      'a check that throws',
      { checkCompat: broken },
      { code: 'SCHEMA_INCOMPAT', plugin: 'stores@2.0.0', key: 'stores', step: 'checkCompat' },
    ],
    [
      'a handoff that cannot begin',
      { handoff: broken },
      { code: 'HANDOFF', plugin: 'stores@1.0.0 → 2.0.0', key: 'stores', resource: 'main', phase: 'prepare' },
    ],
  ])('%s', async (_, strategy, place) => {
    expect(await failing(strategy)).toMatchObject(place)
  })

  it.each<[string, Broken, StoreProvider | undefined]>([
    ['a handoff that cannot begin', { handoff: broken }, undefined],
    [
      'the check of a provider that the handoff names',
      { checkCompat: ({ next }) => (next.key === 'other' ? broken() : { level: 'compatible' }) },
      new StoreProvider('other', '2.0.0'),
    ],
  ])('also where the host holds the resource itself: %s', async (_, strategy, next) => {
    await using host = new PluginHost({ strategies: [storeStrategy('clean', strategy)] })
    const handle = await host.add(cleanStores('1.0.0'))
    const handlers = new ReloadKindHandlers().add(STORES.clean, {
      name: 'mine',
      key: 'stores',
      resource: new StoreProvider('stores', 'mine').make([]),
      ...(next && { next }),
    })
    expect((await refusalOf(host.reload(handle, cleanStores('2.0.0'), { handlers }))).plugin).toBe(
      'stores@1.0.0 → 2.0.0',
    )
  })
})
