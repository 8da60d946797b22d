import { cleanHandoff, defineSurface, PluginHost, type PluginHandle } from '@uni/reload-core'
import { ManualClock } from '@uni/reload-core/testing'
import { describe, expect, it } from 'vitest'
import { Counting } from '../fixtures/counting.js'
import { turn } from '../fixtures/deferred.js'
import { openStore } from '../fixtures/store-plugin.js'
import { STORES, StoreProvider, storeStrategy, type Store } from '../fixtures/store.js'
import { TestPlugin } from '../fixtures/test-plugin.js'

const FEW = 5
const MANY = 500

function stores(version: string, keys: number): TestPlugin {
  return new TestPlugin('stores', version, {
    register: (registrar) => {
      for (let at = 0; at < keys; at += 1) {
        registrar.provide(STORES.clean, new StoreProvider(`store ${at}`, version))
      }
    },
  })
}

/** As many keys as resources. */
async function hostWith(
  size: number,
): Promise<{ host: PluginHost; handle: PluginHandle; clock: ManualClock; commits: Counting }> {
  const clock = new ManualClock()
  const commits = new Counting()
  let counted = false
  const host = new PluginHost({
    strategies: [storeStrategy('clean')],
    clock,
    observer: (event) => {
      if (!('phase' in event) || event.phase !== 'commit' || event.operation === 1) return
      if (event.type === 'phase-started') commits.start()
      else commits.stop()
      counted = true
    },
  })
  const handle = await host.add(stores('1.0.0', size))
  for (let at = 0; at < size; at += 1) {
    await host.attach(STORES.clean, { name: `store ${at}`, key: `store ${at}`, open: (provider) => provider.open() })
  }
  await turn()
  expect(counted).toBe(false)
  return { host, handle, clock, commits }
}

async function countOf(run: () => Promise<unknown>): Promise<number> {
  const counting = new Counting()
  counting.start()
  try {
    await run()
  } finally {
    counting.stop()
  }
  return counting.count
}

describe('what does not depend on how much is live', () => {
  it('O15 the commit', async () => {
    const counts = []
    for (const size of [FEW, MANY]) {
      const { host, handle, commits } = await hostWith(size)
      const { finalized } = await host.reload(handle, stores('2.0.0', size))
      await finalized
      using lease = host.capture()
      expect(lease.all(STORES.clean)).toHaveLength(size)
      expect(lease.resource(STORES.clean, `store ${size - 1}`).by).toBe(`store ${size - 1}@2.0.0`)
      counts.push(commits.count)
    }
    expect(counts[0]).toBeGreaterThan(0)
    expect(counts[1]).toBe(counts[0])
  })

  it('O15 the commit of a surface each', async () => {
    const counts = []
    for (const size of [FEW, MANY]) {
      const commits = new Counting()
      const surfaces = Array.from({ length: size }, (_, at) =>
        defineSurface<StoreProvider, Store>({ id: `store ${at}`, keyOf: ({ key }) => key }),
      )
      const plugin = (version: string): TestPlugin =>
        new TestPlugin('stores', version, {
          register: (registrar) => {
            for (const surface of surfaces) registrar.provide(surface, new StoreProvider('stores', version))
          },
        })
      const host = new PluginHost({
        strategies: surfaces.map((surface) => cleanHandoff(surface, { open: (provider) => provider.open() })),
        observer: (event) => {
          if (!('phase' in event) || event.phase !== 'commit' || event.operation === 1) return
          if (event.type === 'phase-started') commits.start()
          else commits.stop()
        },
      })
      const handle = await host.add(plugin('1.0.0'))
      await (
        await host.reload(handle, plugin('2.0.0'))
      ).finalized
      using lease = host.capture()
      const served = surfaces.map((surface) => lease.get(surface, 'stores')?.version)
      expect(new Set(served)).toEqual(new Set(['2.0.0']))
      counts.push(commits.count)
    }
    expect(counts[0]).toBeGreaterThan(0)
    expect(counts[1]).toBe(counts[0])
  })

  it('an attach, and a detach', async () => {
    const counts = []
    for (const size of [FEW, MANY]) {
      const { host, clock } = await hostWith(size)
      counts.push(
        await countOf(async () => {
          const more = await host.attach(STORES.clean, openStore('more', 'store 0'))
          await (
            await more.detach()
          ).finalized
        }),
      )
      expect(clock.pending).toBe(0)
    }
    expect(counts[0]).toBeGreaterThan(0)
    expect(counts[1]).toBe(counts[0])
  })

  it('a look-up', async () => {
    const counts = []
    for (const size of [FEW, MANY]) {
      const { host } = await hostWith(size)
      using lease = host.capture()
      counts.push(await countOf(() => Promise.resolve(lease.get(STORES.clean, 'store 1'))))
    }
    expect(counts).toEqual([1, 1])
  })
})

describe('what is told of plugins', () => {
  it('I9 is as it was when it was asked for', async () => {
    const { host } = await hostWith(1)
    const lease = host.capture({ label: 'query' })
    const [status] = host.plugins()
    lease[Symbol.dispose]()
    expect(status?.heldBy).toEqual([{ label: 'query', ageMs: 0, holds: 'epoch' }])
    expect(host.plugins()[0]?.heldBy).toEqual([])
  })
})
