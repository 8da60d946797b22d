import { PluginHost, WriteGate, type LiveResource, type PluginHandle } from '@uni/reload-core'
import { ManualClock } from '@uni/reload-core/testing'
import { afterEach, expect, it, vi } from 'vitest'
import { Counting } from '../fixtures/counting.js'
import { Deferred, failureOf } from '../fixtures/deferred.js'
import { STORES, StoreProvider, storeStrategy, type Store } from '../fixtures/store.js'
import { TestPlugin } from '../fixtures/test-plugin.js'
import { turnUntil } from '../fixtures/turn-until.js'

const FEW = 20
const MANY = 120
const HUNDREDS = 600

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

interface Sized {
  readonly host: PluginHost
  readonly handle: PluginHandle
  readonly size: number
  readonly live: readonly LiveResource<Store, number>[]
}

async function hostWith(size: number): Promise<Sized> {
  const host = new PluginHost({ strategies: [storeStrategy('pre-copy')], clock: new ManualClock(), concurrency: 1 })
  const handle = await host.add(stores('1.0.0'))
  const live: LiveResource<Store, number>[] = []
  for (let at = 0; at < size; at += 1) {
    const name = `store ${at}`
    live.push(await host.attach(STORES['pre-copy'], { name, key: 'store', open: (provider) => provider.open() }))
  }
  return { host, handle, size, live }
}

/** How often the event loop turns while `run` goes on, where each slice is over whenever that is asked. */
async function turnsOf(run: () => Promise<unknown>, onTurn = (): void => {}): Promise<number> {
  let now = performance.now()
  vi.spyOn(performance, 'now').mockImplementation(() => (now += 1_000))
  let turns = 0
  let running = true
  const turn = (): void => {
    turns += 1
    onTurn()
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

/** How often the event loop turns for each resource more: once for each loop that is not beside another. */
async function turnsPerResource(run: (sized: Sized) => Promise<unknown>): Promise<number> {
  const turns: number[] = []
  for (const size of [FEW, MANY]) {
    const sized = await hostWith(size)
    turns.push(await turnsOf(() => run(sized)))
    await sized.host[Symbol.asyncDispose]()
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

/** The most that collections are asked, changed or iterated over in one turn of the event loop. */
async function mostPerTurn(run: (sized: Sized) => Promise<unknown>): Promise<number> {
  const sized = await hostWith(HUNDREDS)
  const counting = new Counting()
  let before = 0
  let most = 0
  const note = (): void => {
    most = Math.max(most, counting.count - before)
    before = counting.count
  }
  counting.start()
  try {
    await turnsOf(() => run(sized), note)
  } finally {
    counting.stop()
  }
  note()
  return most
}

it.each<[what: string, run: (sized: Sized) => Promise<unknown>]>([
  [
    'of a reload',
    async ({ host, handle }) => {
      const { finalized } = await host.reload(handle, stores('2.0.0'))
      await finalized
    },
  ],
  [
    'of a reload that one leaves',
    async ({ host, handle, live }) => {
      const next = new StoreProvider('store', '2.0.0')
      const left = new Deferred<{ readonly finalized: Promise<void> }>()
      next.break('open', (open) => {
        if (next.made.length === HUNDREDS - 1)
          left.resolve(live[0]?.detach() as ReturnType<LiveResource<Store, number>['detach']>)
        return open()
      })
      const { finalized } = await host.reload(handle, stores('2.0.0', next))
      await Promise.all([finalized, (await left.promise).finalized])
    },
  ],
  ['of a host that closes', ({ host }) => host[Symbol.asyncDispose]()],
])('S8 no turn has a loop over the resources %s', async (_, run) => {
  expect(await mostPerTurn(run)).toBeLessThan(HUNDREDS / 2)
})

it('S8 resources whose copies were begun in one turn are opened in slices', async () => {
  const host = new PluginHost({ strategies: [storeStrategy('pre-copy')], clock: new ManualClock() })
  const old = new StoreProvider('store', '1.0.0')
  const handle = await host.add(stores('1.0.0', old))
  for (let at = 0; at < FEW; at += 1) {
    await host.attach(STORES['pre-copy'], { name: `store ${at}`, key: 'store', open: (provider) => provider.open() })
  }
  // A snapshot and an opening take longer than a slice, and nothing else takes time.
  let now = performance.now()
  vi.spyOn(performance, 'now').mockImplementation(() => now)
  const next = new StoreProvider('store', '2.0.0')
  for (const [provider, step] of [
    [old, 'persist'],
    [next, 'open'],
  ] as const)
    provider.break(step, (run) => {
      now += 10
      return run()
    })
  let running = true
  let before = 0
  let most = 0
  const turn = (): void => {
    most = Math.max(most, next.made.length - before)
    before = next.made.length
    if (running) setImmediate(turn)
  }
  setImmediate(turn)
  await host.reload(handle, stores('2.0.0', next))
  running = false
  expect({ opened: next.made.length, most }).toEqual({ opened: FEW, most: 1 })
})

it('S8 few of the resources that were written to during the copy are looked at in one turn', async () => {
  const { host, handle, live } = await hostWith(MANY)
  const next = new StoreProvider('store', '2.0.0')
  const last = new Deferred()
  next.break('open', async (open) => {
    if (next.made.length === MANY - 1) await last.promise
    return open()
  })
  const reloading = host.reload(handle, stores('2.0.0', next))
  await turnUntil(() => next.made.length === MANY - 1)
  for (const store of live) await store.write(1)

  let looks = 0
  let most = 0
  const inStep = Object.getOwnPropertyDescriptor(WriteGate.prototype, 'inStep')?.get as () => boolean
  vi.spyOn(WriteGate.prototype, 'inStep', 'get').mockImplementation(function (this: WriteGate<unknown, unknown>) {
    looks += 1
    return inStep.call(this)
  })
  last.resolve()
  await turnsOf(
    () => reloading,
    () => {
      most = Math.max(most, looks)
      looks = 0
    },
  )
  expect(most).toBeGreaterThan(0)
  expect(most).toBeLessThan(MANY / 4)
})
