import { PluginHost, type BakeOptions, type DrainPolicy, type PluginHandle } from '@uni/reload-core'
import { ManualClock } from '@uni/reload-core/testing'
import { describe, expect, it } from 'vitest'
import { Deferred, standing, turn } from '../fixtures/deferred.js'
import { StorePlugin } from '../fixtures/store-plugin.js'
import { STORES, storeStrategy, type Store } from '../fixtures/store.js'
import { TestPlugin } from '../fixtures/test-plugin.js'
import { wordHandoff, wordPlugin } from '../fixtures/word.js'

/** A reload that bakes for 100 ms and drains for 10, with a lease that holds the old version. */
async function heldWhileBaking(healthy: BakeOptions['healthy']) {
  const clock = new ManualClock()
  const host = new PluginHost({ strategies: [wordHandoff()], clock, drain: { deadlineMs: 10 } })
  const old = wordPlugin('a', '1.0.0')
  const handle = await host.add(old)
  const lease = host.capture({ label: 'report' })
  const { finalized } = await host.reload(handle, wordPlugin('a', '2.0.0'), {
    bake: { ms: 100, ...(healthy && { healthy }) },
  })
  clock.advance(10)
  await turn()
  return { clock, host, old, lease, finalized }
}

describe('leases that outlive the drain of a reload that bakes', () => {
  it('I10 and end within the period, are no reason to keep the old version', async () => {
    const { clock, old, lease, finalized } = await heldWhileBaking(() => true)
    lease[Symbol.dispose]()
    expect({ finalized: await standing(finalized), shutdown: old.calls.shutdown }).toEqual({
      finalized: 'pending',
      shutdown: 0,
    })
    clock.advance(90)
    expect(await finalized).toMatchObject({
      status: 'finalized',
      bake: { outcome: 'healthy' },
      drainMs: 10,
      blockers: [{ label: 'report' }],
    })
    expect(old.calls.shutdown).toBe(1)
  })

  it('I10 hold the version that serves again, and no retired one, when the reload is taken back', async () => {
    const { clock, host, old, lease, finalized } = await heldWhileBaking(() => false)
    expect(host.plugins()).toMatchObject([
      { version: '2.0.0', state: 'baking' },
      { version: '1.0.0', state: 'retired', heldBy: [{ label: 'report' }] },
    ])
    clock.advance(90)
    expect(await finalized).toMatchObject({
      status: 'taken-back',
      bake: { outcome: 'taken-back' },
      blockers: [{ label: 'report' }],
    })
    await turn()
    expect(host.plugins()).toMatchObject([{ version: '1.0.0', state: 'active', heldBy: [{ label: 'report' }] }])
    lease[Symbol.dispose]()
    await turn()
    expect(old.calls.shutdown).toBe(0)
  })
})

/** A reload to version 2 that does not do well, and is taken back after 10 ms. */
const NOT_WELL: BakeOptions = { ms: 10, healthy: () => false }

async function takenBack(options: { drain?: DrainPolicy } = {}) {
  const clock = new ManualClock()
  const host = new PluginHost({ strategies: [storeStrategy('pre-copy')], clock })
  const v1 = new StorePlugin('1.0.0')
  const first = await host.add(v1)
  using early = host.acquire(STORES['pre-copy'], 'stores', { label: 'early' })
  await host.reload(first, new StorePlugin('2.0.0'), { bake: NOT_WELL, ...options })
  const between = host.capture({ label: 'between' })
  clock.advance(NOT_WELL.ms)
  await turn()
  return { clock, host, v1, early, between }
}

describe('a plugin that serves again', () => {
  it('I9 is not forced away from leases by the drain of the reload that was taken back', async () => {
    const { clock, host, early } = await takenBack({ drain: { deadlineMs: 400, onDeadline: 'force' } })
    using late = host.acquire(STORES['pre-copy'], 'stores', { label: 'late' })
    expect(late.plugin).toEqual({ id: 'stores', version: '1.0.0', generation: 2 })
    clock.advance(400)
    await turn()
    expect({ earlyAborted: early.signal.aborted, lateAborted: late.signal.aborted }).toEqual({
      earlyAborted: false,
      lateAborted: false,
    })
  })

  it('I12 is not held by leases of the time when it did not serve', async () => {
    const { host, v1, between } = await takenBack()
    const { finalized } = await host.reload({ id: 'stores', generation: 2 }, new StorePlugin('3.0.0'))
    expect(await finalized).toMatchObject({ status: 'finalized', blockers: [] })
    expect(between.find(STORES['pre-copy'], 'stores')).not.toBe(v1.provider)
    expect(v1.calls.shutdown).toBe(1)
  })

  it('I7 is not shut down before what it had before is closed', async () => {
    const clock = new ManualClock()
    const host = new PluginHost({ strategies: [storeStrategy('clean')], clock })
    const open: number[] = []
    const v1 = new StorePlugin('1.0.0', {
      discipline: 'clean',
      shutdown: () => {
        open.push(v1.provider.made.filter(({ closed }) => closed === 0).length)
      },
    })
    const first = await host.add(v1)
    for (const name of ['one', 'two'])
      await host.attach(STORES.clean, { name, key: 'stores', open: (provider) => provider.open() })
    const slow = new Deferred()
    v1.provider.breakNext('close', async (run) => {
      await slow.promise
      run()
    })
    await host.reload(first, new TestPlugin('stores', '2.0.0'), { bake: NOT_WELL, onOrphan: 'close' })
    clock.advance(NOT_WELL.ms)
    await turn()
    const { finalized } = await host.reload({ id: 'stores', generation: 2 }, new TestPlugin('stores', '3.0.0'))
    expect(await standing(finalized)).toBe('pending')
    slow.resolve()
    expect(await finalized).toMatchObject({ status: 'finalized', errors: [] })
    expect(open).toEqual([0])
  })

  it('I7 I9 is held by a lease of each of its generations, however often it has served again since', async () => {
    const clock = new ManualClock()
    const host = new PluginHost({ strategies: [storeStrategy('pre-copy')], clock })
    const v1 = new StorePlugin('1.0.0')
    await host.add(v1)
    await host.attach(STORES['pre-copy'], { name: 'main', key: 'stores', open: (provider) => provider.make([]) })
    const lease = host.capture({ label: 'long report' })
    for (const [nth, version] of ['2.0.0', '3.0.0', '4.0.0'].entries()) {
      await host.reload({ id: 'stores', generation: 2 * nth }, new StorePlugin(version), { bake: NOT_WELL })
      clock.advance(NOT_WELL.ms)
      await turn()
    }
    expect(host.plugins()).toMatchObject([
      { version: '1.0.0', generation: 6, state: 'active', heldBy: [{ label: 'long report' }] },
    ])
    const { finalized } = await host.reload({ id: 'stores', generation: 6 }, new StorePlugin('5.0.0'))
    expect(await standing(finalized)).toBe('pending')
    const { closed } = lease.resource(STORES['pre-copy'], 'main')
    expect({ closed, shutdown: v1.calls.shutdown }).toEqual({ closed: 0, shutdown: 0 })
    lease[Symbol.dispose]()
    expect(await finalized).toMatchObject({ status: 'finalized', blockers: [] })
    expect({ closed: v1.provider.made.map((store) => store.closed), shutdown: v1.calls.shutdown }).toEqual({
      closed: [1],
      shutdown: 1,
    })
  })
})

/**
 * A reload that was taken back by copying, as more was written than is recorded: what served before it is left over,
 * and held by `early`, captured before it, beyond the drain's deadline.
 */
async function leftOver() {
  const clock = new ManualClock()
  const host = new PluginHost({
    strategies: [storeStrategy('pre-copy')],
    clock,
    maxRecordedWrites: 1,
    drain: { deadlineMs: 50, graceMs: 5 },
  })
  const v1 = new StorePlugin('1.0.0')
  const first = await host.add(v1)
  const store = await host.attach(STORES['pre-copy'], {
    name: 'main',
    key: 'stores',
    open: (provider) => provider.make([]),
  })
  const early = host.capture({ label: 'early' })
  const holder = host.acquire(STORES['pre-copy'], 'stores', { label: 'holder of the plugin' })
  const { finalized } = await host.reload(first, new StorePlugin('2.0.0'), { bake: NOT_WELL })
  await store.write(1)
  await store.write(2)
  clock.advance(NOT_WELL.ms)
  await turn()
  clock.advance(50)
  expect(await finalized).toMatchObject({ status: 'taken-back', blockers: [{ label: 'early' }] })
  const [old] = v1.provider.made as [Store]
  return { clock, host, v1, early, holder, old }
}

describe('what is left over of the time before a reload that was taken back', () => {
  it('I12 is closed once those that reach it have ended, whoever holds the plugin that serves again', async () => {
    const { host, v1, early, holder, old } = await leftOver()
    expect(old.closed).toBe(0)
    early[Symbol.dispose]()
    await turn()
    expect({ closed: old.closed, shutdown: v1.calls.shutdown, aborted: holder.signal.aborted }).toEqual({
      closed: 1,
      shutdown: 0,
      aborted: false,
    })
    using lease = host.capture()
    expect(lease.resource(STORES['pre-copy'], 'main').closed).toBe(0)
  })

  it('I9 I12 is closed with the host: whoever holds it is told, and has the grace to end', async () => {
    const { clock, host, v1, early, holder, old } = await leftOver()
    holder[Symbol.dispose]()
    const closing = host[Symbol.asyncDispose]()
    await turn()
    clock.advance(50)
    await turn()
    expect({ aborted: early.signal.aborted, closed: old.closed }).toEqual({ aborted: true, closed: 0 })
    clock.advance(5)
    await closing
    expect({
      closed: v1.provider.made.map(({ closed }) => closed),
      shutdown: v1.calls.shutdown,
      pending: clock.pending,
    }).toEqual({ closed: [1, 1], shutdown: 1, pending: 0 })
  })

  it('I7 T7 of one plugin is closed, and what a lease reaches of another one, reloaded with it, when the lease ends', async () => {
    const clock = new ManualClock()
    const host = new PluginHost({
      strategies: [storeStrategy('pre-copy')],
      clock,
      maxRecordedWrites: 1,
      drain: { deadlineMs: 50 },
    })
    const version = (id: string, number: string) => new StorePlugin(number, { id })
    const [a, b] = [version('a', '1.0.0'), version('b', '1.0.0')]
    const [before] = await host.addAll([version('a', '0.9.0'), b])
    const attach = (key: string) =>
      host.attach(STORES['pre-copy'], { name: key, key, open: (provider) => provider.make([]) })
    const ofB = await attach('b')
    const early = host.capture({ label: 'early' })
    if (before === undefined) throw new Error('it was not installed')
    await host.reload(before, a)
    const stores = [await attach('a'), ofB]
    const reach = host.capture({ label: 'reach' })
    const handle = (id: string): PluginHandle => host.plugin(id) ?? { id, generation: 0 }
    const [together] = await host.reloadAll(
      ['a', 'b'].map((id) => ({ handle: handle(id), plugin: version(id, '2.0.0') })),
      { bake: NOT_WELL },
    )
    for (const store of stores) for (const entry of [1, 2]) await store.write(entry)
    await turn()
    clock.advance(NOT_WELL.ms)
    await turn()
    clock.advance(50)
    expect(await together?.finalized).toMatchObject({ status: 'taken-back' })
    reach[Symbol.dispose]()
    await turn()
    const closed = () => [a, b].map(({ provider }) => provider.made.map((store) => store.closed))
    expect(closed()).toEqual([
      [1, 0],
      [0, 0],
    ])

    expect((await (await host.reload(handle('a'), version('a', '3.0.0'))).finalized).status).toBe('finalized')
    expect({ closed: closed(), shutdown: a.calls.shutdown }).toEqual({
      closed: [
        [1, 1],
        [0, 0],
      ],
      shutdown: 1,
    })
    expect({ aborted: early.signal.aborted, shutdown: b.calls.shutdown }).toEqual({ aborted: false, shutdown: 0 })
    early[Symbol.dispose]()
    await turn()
    expect({ closed: closed(), aShutdown: a.calls.shutdown, bShutdown: b.calls.shutdown }).toEqual({
      closed: [
        [1, 1],
        [1, 0],
      ],
      aShutdown: 1,
      bShutdown: 0,
    })
  })
})
