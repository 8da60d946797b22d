import { PluginHost, type PluginHandle } from '@uni/reload-core'
import { ManualClock } from '@uni/reload-core/testing'
import { afterEach, expect, it, vi } from 'vitest'
import { failureOf } from '../fixtures/deferred.js'
import { STORES, StoreProvider, storeStrategy } from '../fixtures/store.js'
import { TestPlugin } from '../fixtures/test-plugin.js'

const FEW = 20
const MANY = 120

afterEach(() => {
  vi.restoreAllMocks()
})

function stores(version: string, provider = new StoreProvider('store', version)): TestPlugin {
  return new TestPlugin('stores', version, {
    register: (registrar) => {
      registrar.provide(STORES['pre-copy'], provider)
    },
  })
}

async function hostWith(size: number): Promise<{ host: PluginHost; handle: PluginHandle }> {
  const host = new PluginHost({ strategies: [storeStrategy('pre-copy')], clock: new ManualClock(), concurrency: 1 })
  const handle = await host.add(stores('1.0.0'))
  for (let at = 0; at < size; at += 1) {
    await host.attach(STORES['pre-copy'], { name: `store ${at}`, key: 'store', open: (provider) => provider.open() })
  }
  return { host, handle }
}

/** How often the event loop turns while `run` goes on, where each slice is over whenever that is asked. */
async function turnsOf(run: () => Promise<unknown>): Promise<number> {
  let now = performance.now()
  vi.spyOn(performance, 'now').mockImplementation(() => (now += 1_000))
  let turns = 0
  let running = true
  const turn = (): void => {
    turns += 1
    if (running) setImmediate(turn)
  }
  setImmediate(turn)
  try {
    await run()
  } finally {
    running = false
    vi.restoreAllMocks()
  }
  return turns
}

interface Sized {
  readonly host: PluginHost
  readonly handle: PluginHandle
  readonly size: number
}

/** How often the event loop turns for each resource more: once for each loop that is not beside another. */
async function turnsPerResource(run: (sized: Sized) => Promise<unknown>): Promise<number> {
  const turns: number[] = []
  for (const size of [FEW, MANY]) {
    const { host, handle } = await hostWith(size)
    turns.push(await turnsOf(() => run({ host, handle, size })))
    await host[Symbol.asyncDispose]()
  }
  const [few = 0, many = 0] = turns
  return (many - few) / (MANY - FEW)
}

it('S8 each loop over the resources of a reload gives way, from their listing to the report', async () => {
  const perResource = await turnsPerResource(async ({ host, handle }) => {
    const { finalized } = await host.reload(handle, stores('2.0.0'))
    await finalized
  })
  expect(perResource).toBeGreaterThanOrEqual(11)
})

it('S8 each loop over the resources of a reload that fails at the last of them gives way', async () => {
  const perResource = await turnsPerResource(async ({ host, handle, size }) => {
    const failing = new StoreProvider('store', '2.0.0')
    failing.break('open', (open) => {
      if (failing.made.length === size - 1) throw new Error('the last one does not open')
      return open()
    })
    expect(await failureOf(host.reload(handle, stores('2.0.0', failing)))).toMatchObject({ code: 'HANDOFF' })
  })
  expect(perResource).toBeGreaterThanOrEqual(9)
})

it('S8 each loop over the resources of a host that closes gives way', async () => {
  const perResource = await turnsPerResource(({ host }) => host[Symbol.asyncDispose]())
  expect(perResource).toBeGreaterThanOrEqual(6)
})
