import { OldProviders, ReloadDispatcher, ReloadKindHandlers } from '@uni/reload-core'
import { ManualClock } from '@uni/reload-core/testing'
import { describe, expect, it } from 'vitest'
import { refusalOf } from '../fixtures/refusal.js'
import { openStore } from '../fixtures/store-plugin.js'
import { STORES, StoreProvider, storeStrategy, type Store } from '../fixtures/store.js'
import { GivingProvider, hostGiving, version } from '../fixtures/giving.js'

describe('a dispatcher without a host', () => {
  function dispatch(old: readonly Store[], ...next: Store[]) {
    const dispatcher = new ReloadDispatcher([storeStrategy('clean')], { clock: new ManualClock() })
    const handlers = new ReloadKindHandlers()
    for (const [at, resource] of old.entries()) handlers.add(STORES.clean, { ...openStore(`store ${at}`), resource })
    return dispatcher.dispatch({
      old: new OldProviders().add(STORES.clean, new StoreProvider('stores', '1')),
      next: new OldProviders().add(STORES.clean, new GivingProvider('2', ...next)),
      handlers,
    })
  }

  it('I7 refuses one object for two, new or old, and one that another is replaced in', async () => {
    const [a, b, shared] = [
      new StoreProvider('stores', 'a').make([]),
      new StoreProvider('stores', 'b').make([]),
      new StoreProvider('stores', 'shared').make([]),
    ]
    expect(await refusalOf(dispatch([a, b], shared))).toMatchObject({
      code: 'DUPLICATE',
      resource: 'store 1',
      details: { resource: 'store 0' },
    })
    expect(shared.closed).toBe(1)
    expect(
      await refusalOf(
        dispatch([a, a], new StoreProvider('stores', '2').make([]), new StoreProvider('stores', '3').make([])),
      ),
    ).toMatchObject({
      code: 'DUPLICATE',
      resource: 'store 1',
      details: { resource: 'store 0' },
    })
    expect(await refusalOf(dispatch([a, b], b, new StoreProvider('stores', '2').make([])))).toMatchObject({
      code: 'DUPLICATE',
    })
    expect({ a: a.closed, b: b.closed }).toEqual({ a: 0, b: 0 })
  })
})

describe('resources that the caller of a reload hands in', () => {
  it('are held while they are handed over, and neither before nor after', async () => {
    const [a, own, second, third] = [
      new StoreProvider('stores', 'a').make([]),
      new StoreProvider('stores', 'own').make([]),
      new StoreProvider('stores', 'second').make([]),
      new StoreProvider('stores', 'third').make([]),
    ]
    const { host, handle } = await hostGiving(a)
    const handOver = (resource: Store): ReloadKindHandlers =>
      new ReloadKindHandlers().add(STORES.clean, { ...openStore('own'), resource })
    await refusalOf(host.reload(handle, version('2.0.0', own), { handlers: handOver(own) }))
    const result = await host.reload(handle, version('2.0.0', second), { handlers: handOver(own) })
    await result.finalized
    const again = await host.reload(result.handle, version('3.0.0', third), { handlers: handOver(second) })
    await again.finalized
    expect({ own: own.closed, second: second.closed, third: third.closed }).toEqual({ own: 1, second: 1, third: 0 })
    const attached = await host.attach(STORES.clean, openStore('attached'))
    expect(
      await refusalOf(
        host.reload(again.handle, version('4.0.0', new StoreProvider('stores', '4').make([])), {
          handlers: handOver(third),
        }),
      ),
    ).toMatchObject({ code: 'DUPLICATE', resource: 'own', details: { resource: 'attached' } })
    await attached.write(1)
    expect(third).toMatchObject({ closed: 0, entries: [1] })
  })
})
