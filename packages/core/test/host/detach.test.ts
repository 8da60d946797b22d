import { PluginHost } from '@uni/reload-core'
import { describe, expect, it } from 'vitest'
import { Deferred, standing, turn } from '../fixtures/deferred.js'
import { refusalOf } from '../fixtures/refusal.js'
import { hostWithStore } from '../fixtures/host-with-store.js'
import { leave } from '../fixtures/leave.js'
import { cleanStores, openStore } from '../fixtures/store-plugin.js'
import { closeStore, STORES, storeStrategy, type Store } from '../fixtures/store.js'

/** A host with a store, and in which order things were closed and shut down. */
async function scene() {
  const order: string[] = []
  const close = async (store: Store): Promise<void> => {
    await turn()
    closeStore(store)
    order.push(`close ${store.by}`)
  }
  const hosted = await hostWithStore({
    strategies: [storeStrategy('clean', { close })],
    timeouts: { write: 200, finalize: 300 },
    plugin: cleanStores('1.0.0', {
      shutdown: ({ version }) => {
        order.push(`shutdown ${version}`)
      },
    }),
  })
  return { ...hosted, order }
}

describe('detach', () => {
  it('I7 takes the resource out of service at once, and closes it after its leases, once', async () => {
    const { host, store, old } = await scene()
    await store.write(1)
    const lease = host.capture()
    const detaching = leave(store)
    const again = leave(store)
    expect((await refusalOf(store.write(2))).code).toBe('RESOURCE_CLOSED')
    expect((await refusalOf(store.use(() => 1))).code).toBe('RESOURCE_CLOSED')
    {
      using after = host.capture()
      expect((await refusalOf(() => after.resource(STORES.clean, 'main'))).code).toBe('RESOURCE_NOT_FOUND')
    }
    expect(host.resources()).toEqual([])
    expect({ detaching: await standing(detaching), again: await standing(again) }).toEqual({
      detaching: 'pending',
      again: 'pending',
    })
    expect(lease.resource(STORES.clean, 'main')).toMatchObject({ entries: [1], closed: 0 })
    lease[Symbol.dispose]()
    await Promise.all([detaching, again])
    await leave(store)
    expect(old).toMatchObject({ entries: [1], closed: 1 })
  })

  it('I9 closes nothing under a lease, however long that lasts', async () => {
    const { host, clock, store, old } = await scene()
    const lease = host.capture()
    const detaching = leave(store)
    for (let minutes = 0; minutes < 10; minutes += 1) {
      await turn()
      clock.advance(60_000)
    }
    expect({ detaching: await standing(detaching), closed: old.closed, aborted: lease.signal.aborted }).toEqual({
      detaching: 'pending',
      closed: 0,
      aborted: false,
    })
    lease[Symbol.dispose]()
    await detaching
    expect(old.closed).toBe(1)
  })

  it('O14 waits for no lease, so that whoever holds one may await it', async () => {
    const { host, store, old } = await scene()
    const lease = host.capture()
    const { finalized } = await store.detach()
    expect({ resources: host.resources(), closed: old.closed, finalized: await standing(finalized) }).toEqual({
      resources: [],
      closed: 0,
      finalized: 'pending',
    })
    const again = await host.attach(STORES.clean, openStore('main'))
    expect(lease.resource(STORES.clean, 'main')).toBe(old)
    lease[Symbol.dispose]()
    await finalized
    expect(old.closed).toBe(1)
    await leave(again)
  })

  it('O14 tells the observer of a closing that failed, also where nobody waits for it', async () => {
    const unclean: unknown[] = []
    const host = new PluginHost({
      strategies: [
        storeStrategy('clean', {
          close: () => {
            throw new Error('no disk')
          },
        }),
      ],
      observer: (event) => {
        if (event.type === 'unclean') unclean.push(event.error)
      },
    })
    await host.add(cleanStores('1.0.0'))
    const store = await host.attach(STORES.clean, openStore('main'))
    await store.detach()
    await turn()
    expect(unclean).toMatchObject([{ code: 'HANDOFF', phase: 'finalize', step: 'close', resource: 'main' }])
  })

  it('frees the name', async () => {
    const { host, store, plugin } = await scene()
    await leave(store)
    const again = await host.attach(STORES.clean, openStore('main'))
    await again.write(1)
    expect(plugin.made).toMatchObject([
      { closed: 1, entries: [] },
      { closed: 0, entries: [1] },
    ])
  })

  it('lets the write in flight settle first, and refuses the ones behind it', async () => {
    const { store, old } = await scene()
    const writing = new Deferred()
    old.append = async (value) => {
      await writing.promise
      old.entries.push(value)
    }
    const first = store.write(1)
    const second = refusalOf(store.write(2))
    const detaching = leave(store)
    expect((await second).code).toBe('RESOURCE_CLOSED')
    expect(await standing(detaching)).toBe('pending')
    expect(old.closed).toBe(0)
    writing.resolve()
    await Promise.all([first, detaching])
    expect(old).toMatchObject({ entries: [1], closed: 1 })
  })

  it('I8 closes it also under a write that never settles, and says so', async () => {
    const { clock, store, old } = await scene()
    old.append = () => new Promise(() => {})
    const write = refusalOf(store.write(1))
    const detaching = refusalOf(leave(store))
    await turn()
    clock.advance(200)
    expect(await write).toMatchObject({ code: 'STEP_TIMEOUT', resource: 'main' })
    clock.advance(300)
    expect(await detaching).toMatchObject({ code: 'STEP_TIMEOUT', phase: 'finalize', resource: 'main' })
    expect(old.closed).toBe(1)
  })

  it('rejects with what closing it threw', async () => {
    const host = new PluginHost({
      strategies: [
        storeStrategy('clean', {
          close: () => {
            throw new Error('no disk')
          },
        }),
      ],
    })
    await host.add(cleanStores('1.0.0'))
    const store = await host.attach(STORES.clean, openStore('main'))
    expect(await refusalOf(leave(store))).toMatchObject({
      code: 'HANDOFF',
      phase: 'finalize',
      step: 'close',
      resource: 'main',
    })
    expect(host.resources()).toEqual([])
  })

  it('I7 its plugin is shut down after it is closed, also where it is replaced or removed meanwhile', async () => {
    for (const replaced of [true, false]) {
      const { host, handle, store, order } = await scene()
      const lease = host.capture()
      const detaching = leave(store)
      const { finalized } = replaced ? await host.reload(handle, cleanStores('2.0.0')) : await host.remove(handle)
      expect(
        host
          .plugins()
          .find(({ state }) => state === 'retired')
          ?.heldBy.map(({ label }) => label),
      ).toEqual(['unlabelled', 'detach main'])
      lease[Symbol.dispose]()
      await Promise.all([detaching, finalized])
      expect(order).toEqual(['close stores@1.0.0', 'shutdown 1.0.0'])
    }
  })

  it('I7 closes it once where it leaves before its plugin, which is being removed, takes it along', async () => {
    const { host, handle, store, old } = await scene()
    const lease = host.capture()
    const removing = host.remove(handle, { cutover: 'exclusive', onOrphan: 'close' })
    await turn()
    const { finalized: closed } = await store.detach()
    expect({ resources: host.resources(), closed: await standing(closed) }).toEqual({
      resources: [],
      closed: 'pending',
    })
    lease[Symbol.dispose]()
    const [{ report, finalized }] = await Promise.all([removing, closed])
    expect({ closedOrphans: report.closedOrphans, errors: (await finalized).errors }).toEqual({
      closedOrphans: [],
      errors: [],
    })
    expect(old.closed).toBe(1)
  })

  it('O5 I7 during a reload leaves that at once, and everything that was opened for it is closed once', async () => {
    for (const ends of ['well', 'badly']) {
      const { host, handle, store, old } = await scene()
      const begun = new Deferred()
      const goOn = new Deferred()
      const next = cleanStores('2.0.0')
      const open = next.provider.open.bind(next.provider)
      next.provider.open = async () => {
        begun.resolve()
        await goOn.promise
        return open()
      }
      const reloading = host.reload(handle, next)
      await begun.promise
      const { finalized: closed } = await store.detach()
      expect({ code: (await refusalOf(store.write(1))).code, resources: host.resources() }).toEqual({
        code: 'RESOURCE_CLOSED',
        resources: [],
      })
      const again = await host.attach(STORES.clean, openStore('main'))
      await again.write(2)
      expect(old.closed).toBe(0)
      if (ends === 'well') goOn.resolve()
      else goOn.reject(new Error('no disk'))
      const [outcome] = await Promise.allSettled([reloading, closed])
      if (outcome.status === 'fulfilled') await outcome.value.finalized
      expect({ status: outcome.status, name: host.resources().map(({ name }) => name) }).toEqual({
        status: ends === 'well' ? 'fulfilled' : 'rejected',
        name: ['main'],
      })
      using lease = host.capture()
      expect(lease.resource(STORES.clean, 'main')).toMatchObject({ closed: 0, entries: ends === 'well' ? [] : [2] })
      expect(
        [old, ...next.made].filter((it) => it !== lease.resource(STORES.clean, 'main')).every((it) => it.closed === 1),
      ).toBe(true)
    }
  })

  /** A reload of a store that pauses in `moment`, with the store detached meanwhile. */
  async function detachDuring(moment: 'checkCompat' | 'converge') {
    const begun = new Deferred()
    const goOn = new Deferred()
    const pauseIn = async (step: typeof moment): Promise<void> => {
      if (step !== moment) return
      begun.resolve()
      await goOn.promise
    }
    const judgedBy: number[][] = []
    const strategy = storeStrategy('clean', {
      close: closeStore,
      checkCompat: async ({ live }) => {
        await pauseIn('checkCompat')
        for (const { use } of live) judgedBy.push(await use(({ entries, closed }) => [...entries, closed]))
        return { level: 'compatible' }
      },
    })
    const { handoff } = strategy
    if (handoff === undefined) throw new Error('a store is handed over')
    strategy.handoff = (job, ctx) => {
      const clean = handoff(job, ctx)
      return {
        ...clean,
        converge: async () => {
          await pauseIn('converge')
          return clean.converge()
        },
      }
    }
    const hosted = await hostWithStore({ strategies: [strategy], plugin: cleanStores('1.0.0') })
    await hosted.store.write(7)
    const reloading = hosted.host.reload(hosted.handle, cleanStores('2.0.0'))
    await begun.promise
    const detaching = hosted.store.detach()
    return { ...hosted, reloading, detaching, goOn, judgedBy }
  }

  it('O14 waits for no judgement: the name is free, and the version is judged by what leaves before that is closed', async () => {
    const { host, store, old, reloading, detaching, goOn, judgedBy } = await detachDuring('checkCompat')
    const { finalized } = await detaching
    for (const asked of [store.write(8), store.use(() => 1)])
      expect((await refusalOf(asked)).code).toBe('RESOURCE_CLOSED')
    const again = await host.attach(STORES.clean, openStore('main'))
    await again.write(9)
    expect({ closed: old.closed, finalized: await standing(finalized) }).toEqual({ closed: 0, finalized: 'pending' })
    goOn.resolve()
    const [{ report }] = await Promise.all([reloading, finalized])
    expect(judgedBy[0]).toEqual([7, 0])
    expect(report.handoffs.map(({ resource }) => resource)).toEqual(['main'])
    expect(old).toMatchObject({ entries: [7], closed: 1 })
    expect(host.resources()).toMatchObject([{ name: 'main', plugin: 'stores@2.0.0' }])
    await again.write(10)
  })

  it('O14 an attach waits for the last hold of a reload together with the detach that is to free its name', async () => {
    const { host, reloading, detaching, goOn } = await detachDuring('converge')
    const attaching = host.attach(STORES.clean, openStore('main'))
    expect((await refusalOf(host.attach(STORES.clean, openStore('main')))).code).toBe('DUPLICATE')
    expect({ detaching: await standing(detaching), attaching: await standing(attaching) }).toEqual({
      detaching: 'pending',
      attaching: 'pending',
    })
    goOn.resolve()
    const [again] = await Promise.all([attaching, reloading, detaching])
    await again.write(1)
    expect(host.resources()).toMatchObject([{ name: 'main', plugin: 'stores@2.0.0' }])
  })

  it('O14 an attach that waits for a detach is given up where its signal fires', async () => {
    const { host, reloading, goOn } = await detachDuring('converge')
    const caller = new AbortController()
    const attaching = refusalOf(host.attach(STORES.clean, { ...openStore('main'), signal: caller.signal }))
    caller.abort()
    expect((await attaching).code).toBe('ABORTED')
    goOn.resolve()
    await reloading
    expect(host.resources()).toEqual([])
  })

  it('in whichever turn of a reload it is called, everything is closed once and nothing is left', async () => {
    for (let turns = 0; turns < 60; turns += 1) {
      const { host, handle, store, plugin } = await scene()
      const next = cleanStores('2.0.0')
      const reloading = host.reload(handle, next)
      for (let at = 0; at < turns; at += 1) await Promise.resolve()
      await leave(store)
      await (
        await reloading
      ).finalized
      expect(
        [...plugin.made, ...next.made].map(({ closed }) => closed),
        `detached after ${turns} turns`,
      ).not.toContain(0)
      expect(plugin.made[0]?.closed).toBe(1)
      expect(host.resources()).toEqual([])
      using lease = host.capture()
      expect((await refusalOf(() => lease.resource(STORES.clean, 'main'))).code).toBe('RESOURCE_NOT_FOUND')
    }
  })
})

describe('writes', () => {
  it('I8 one that passes its deadline is told; work is refused until it settles, and then goes on', async () => {
    const { clock, host, store, old } = await scene()
    const writing = new Deferred()
    const append = old.append.bind(old)
    old.append = async (value) => {
      await writing.promise
      await append(value)
    }
    const slow = refusalOf(store.write(1))
    await turn()
    clock.advance(200)
    expect((await slow).code).toBe('STEP_TIMEOUT')
    expect((await refusalOf(store.write(2))).code).toBe('RESOURCE_STUCK')
    expect(host.resources()).toMatchObject([{ name: 'main', state: 'stuck' }])
    writing.resolve()
    await turn()
    expect(host.resources()).toMatchObject([{ name: 'main', state: 'serving' }])
    await store.write(3)
    expect(old.entries).toEqual([1, 3])
  })

  it('rejects with what the resource threw, and goes on', async () => {
    const { store, old } = await scene()
    const refusal = new RangeError('too large')
    const append = old.append.bind(old)
    old.append = (value) => {
      if (value > 9) throw refusal
      return append(value)
    }
    await expect(store.write(10)).rejects.toBe(refusal)
    await store.write(1)
    expect(await store.use(({ entries }) => entries)).toEqual([1])
  })
})
