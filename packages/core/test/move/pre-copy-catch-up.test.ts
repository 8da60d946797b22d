import { describe, expect, it } from 'vitest'
import { PluginHost, type HandoffStrategy, type ResourceHandoff } from '@uni/reload-core'
import { Deferred } from '../fixtures/deferred.js'
import { openStore, StorePlugin } from '../fixtures/store-plugin.js'
import { STORES, type StoreProvider, storeStrategy, type Store } from '../fixtures/store.js'

describe('catching up', () => {
  it('I4 what was written while another resource was still prepared is replayed before writes are held', async () => {
    const slowOpen = new Deferred<void>()
    let opens = 0
    const host = new PluginHost({ strategies: [strategy()] })
    const handle = await host.add(new StorePlugin('1.0.0'))
    const quick = await host.attach(STORES['pre-copy'], openStore('quick'))
    await host.attach(STORES['pre-copy'], openStore('slow'))

    const bothOpening = new Deferred<void>()
    const next = new StorePlugin('2.0.0')
    next.provider.break('open', async (run) => {
      opens += 1
      const first = opens === 1
      if (opens === 2) bothOpening.resolve()
      if (!first) await slowOpen.promise
      return run()
    })
    const reloading = host.reload(handle, next)
    await bothOpening.promise
    for (let entry = 0; entry < 100; entry += 1) await quick.write(entry)
    slowOpen.resolve()
    const { report } = await reloading

    expect(report.handoffs.find(({ resource }) => resource === 'quick')).toMatchObject({ replayedWrites: 100 })
    expect(replayedUnderHold).toEqual([0, 0])
    using lease = host.capture()
    expect(lease.resource(STORES['pre-copy'], 'quick').entries).toEqual(
      Array.from({ length: 100 }, (_, entry) => entry),
    )
  })

  it("I8 writers wait at the host's bound of bytes, and are told of by how many wait", async () => {
    const host = new PluginHost({ strategies: [strategy()], maxRecordedBytes: 1 })
    const handle = await host.add(new StorePlugin('1.0.0'))
    const store = await host.attach(STORES['pre-copy'], openStore('store'))
    const [opening, goOn] = [new Deferred<void>(), new Deferred<void>()]
    const next = new StorePlugin('2.0.0')
    next.provider.breakNext('open', async (run) => {
      opening.resolve()
      await goOn.promise
      return run()
    })
    const reloading = host.reload(handle, next)
    await opening.promise
    await store.write(0)
    const waiting = [1, 2].map((entry) => store.write(entry))
    expect(host.resources()).toMatchObject([{ state: 'copying', waiting: 2 }])
    goOn.resolve()
    await Promise.all([reloading, ...waiting])
    using lease = host.capture()
    expect(lease.resource(STORES['pre-copy'], 'store').entries).toEqual([0, 1, 2])
  })
})

const replayedUnderHold: number[] = []

/** Copies stores, and notes how many writes were recorded when they were held. */
function strategy(): HandoffStrategy<StoreProvider, Store, number> {
  const { handoff } = storeStrategy('pre-copy')
  return storeStrategy('pre-copy', {
    handoff(job, ctx) {
      const move = handoff?.(job, ctx) as ResourceHandoff<Store>
      return {
        ...move,
        converge() {
          replayedUnderHold.push(job.gate.recorded)
          return move.converge()
        },
      }
    },
  })
}
