import { PluginHost, ReloadError, type Journal } from '@uni/reload-core'
import { ManualClock } from '@uni/reload-core/testing'
import { describe, expect, it } from 'vitest'
import { baking, pass } from '../fixtures/baking.js'
import { Deferred, standing, turn } from '../fixtures/deferred.js'
import { openStore, StorePlugin } from '../fixtures/store-plugin.js'
import { STORES, storeStrategy } from '../fixtures/store.js'
import { turnUntil } from '../fixtures/turn-until.js'

describe('a reload that bakes', () => {
  it('I7 keeps the old plugin and its resource for the period, and closes both once when the new one does well', async () => {
    const { clock, v1, host, result, bake } = await baking({ ms: 1000, healthy: () => true })
    await pass(clock, 999)
    expect(await standing(result.finalized)).toBe('pending')
    expect({ shutdown: v1.calls.shutdown, closed: v1.provider.made[0]?.closed }).toEqual({ shutdown: 0, closed: 0 })
    expect(host.plugins()).toMatchObject([
      { version: '2.0.0', state: 'baking', permanent: false },
      { version: '1.0.0', state: 'retired' },
    ])
    await pass(clock, 1)
    expect(await bake()).toEqual({ outcome: 'healthy' })
    expect({ shutdown: v1.calls.shutdown, closed: v1.provider.made[0]?.closed }).toEqual({ shutdown: 1, closed: 1 })
    expect(host.plugins()).toMatchObject([{ version: '2.0.0', state: 'active', permanent: true }])
    expect(clock.pending).toBe(0)
  })

  it.each<[string, () => boolean | Promise<boolean>, string]>([
    ['says no', () => false, 'healthy said no'],
    [
      'throws',
      () => {
        throw new Error('too slow')
      },
      'HANDOFF (plugin "stores@2.0.0", bake/healthy): too slow',
    ],
    ['rejects with no error', () => Promise.reject('p99'), 'bake/healthy): p99'],
  ])('I4 hands everything back, with the writes made meanwhile, when healthy %s', async (_, healthy, reason) => {
    const { clock, v1, v2, first, host, store, result, serving, closed } = await baking({ ms: 1000, healthy })
    await pass(clock, 1000)
    expect(await closed()).toMatchObject({
      outcome: 'taken-back',
      reason: expect.stringContaining(reason) as string,
      results: [{ status: 'committed', handle: { id: 'stores', generation: 2 } }],
    })
    expect((await result.finalized).status).toBe('taken-back')
    await store.write(3)

    // The resource that was kept, and not a copy.
    expect(serving()).toBe(v1.provider.made[0])
    expect(v1.provider.made).toHaveLength(1)
    expect(serving().entries).toEqual([1, 2, 3])
    expect({ v1: v1.calls, v2: v2.calls }).toEqual({
      v1: { register: 1, init: 1, shutdown: 0 },
      v2: { register: 1, init: 1, shutdown: 1 },
    })
    expect(v2.provider.made.map(({ closed }) => closed)).toEqual([1])
    expect(v1.provider.images.map(({ discarded }) => discarded)).toEqual([1])
    expect(host.plugins()).toMatchObject([{ version: '1.0.0', generation: 2, state: 'active', permanent: true }])
    await expect(host.reload(first, v2)).rejects.toMatchObject({ code: 'STALE_HANDLE' })
    await host[Symbol.asyncDispose]()
    expect({ shutdown: v1.calls.shutdown, closed: v1.provider.made[0]?.closed }).toEqual({ shutdown: 1, closed: 1 })
  })

  it('I8 hands back when healthy does not answer within its deadline', async () => {
    const { clock, bake, serving } = await baking({ ms: 1000, healthy: () => new Promise(() => {}) })
    await pass(clock, 1000)
    await pass(clock, 30_000)
    expect(await bake()).toMatchObject({
      outcome: 'taken-back',
      reason: expect.stringContaining('no answer within 30000 ms') as string,
    })
    expect(serving().entries).toEqual([1, 2])
  })

  it('asks every everyMs, and goes back at the first no', async () => {
    let asked = 0
    const { clock, bake } = await baking({
      ms: 1000,
      everyMs: 300,
      healthy: () => {
        asked += 1
        return asked < 3
      },
    })
    for (let at = 0; at < 3; at += 1) await pass(clock, 300)
    expect(await bake()).toMatchObject({ outcome: 'taken-back' })
    expect(asked).toBe(3)
  })

  it('goes on asking while an operation on the plugin is under way', async () => {
    let asked = 0
    const { clock, host, result, bake } = await baking({
      ms: 20,
      everyMs: 10,
      healthy: () => {
        asked += 1
        return true
      },
    })
    const init = new Deferred()
    const failing = host.reload(result.handle, new StorePlugin('3.0.0', { init: () => init.promise }))
    for (const ms of [10, 10]) await pass(clock, ms)
    expect(await bake()).toEqual({ outcome: 'healthy' })
    expect(asked).toBe(2)
    init.reject(new Error('no'))
    await expect(failing).rejects.toMatchObject({ code: 'PLUGIN' })
  })

  it('asks once more at the end of a period that is no multiple of the interval', async () => {
    let asked = 0
    const { clock, bake } = await baking({
      ms: 700,
      everyMs: 300,
      healthy: () => {
        asked += 1
        return true
      },
    })
    for (const ms of [300, 300, 100]) await pass(clock, ms)
    expect(await bake()).toEqual({ outcome: 'healthy' })
    expect(asked).toBe(3)
  })

  it('hands back by a copy where more was written meanwhile than is recorded, and no writer waits for that', async () => {
    const { clock, store, serving, v1, v2, closed } = await baking(
      { ms: 1000, healthy: () => false },
      { maxRecordedWrites: 3 },
    )
    for (const entry of [3, 4, 5, 6]) await store.write(entry)
    await pass(clock, 1000)
    expect(await closed()).toMatchObject({ outcome: 'taken-back' })
    expect(serving().entries).toEqual([1, 2, 3, 4, 5, 6])
    expect(v2.provider.images).toHaveLength(1)
    expect(v1.provider.made.map(({ closed }) => closed)).toEqual([1, 0])
  })

  it('hands a stopped resource back by stopping the new one and starting the old at its checkpoint', async () => {
    const { clock, store, serving, v1, v2, closed } = await baking(
      { ms: 1000, healthy: () => false },
      { discipline: 'stop-and-copy' },
    )
    await pass(clock, 1000)
    expect(await closed()).toMatchObject({ outcome: 'taken-back' })
    await store.write(3)
    expect(serving().entries).toEqual([1, 2, 3])
    expect([v1, v2].map(({ provider }) => provider.made.map(({ closed }) => closed))).toEqual([[1, 0], [1]])
  })

  it('puts an old storage back into service as it is', async () => {
    const { clock, serving, v1, v2, closed } = await baking({ ms: 1000, healthy: () => false }, { discipline: 'clean' })
    await pass(clock, 1000)
    expect(await closed()).toMatchObject({ outcome: 'taken-back' })
    expect(serving()).toBe(v1.provider.made[0])
    expect(serving().entries).toEqual([1, 2])
    expect([v1, v2].map(({ provider }) => provider.made.map(({ closed }) => closed))).toEqual([[0], [1]])
  })

  it('I3 goes on with the new version where the take-back fails, and says why', async () => {
    const { clock, store, serving, v1, v2, host, result, bake } = await baking({ ms: 1000, healthy: () => false })
    v1.provider.breakNext('apply', () => {
      throw new Error('cannot go back')
    })
    await pass(clock, 1000)
    const report = await bake()
    expect(report).toMatchObject({
      outcome: 'stranded',
      reason: 'healthy said no',
      error: { code: 'HANDOFF', step: 'replay' },
    })
    expect(ReloadError.is(report?.outcome === 'stranded' && report.error)).toBe(true)
    expect((await result.finalized).status).toBe('stranded')
    await store.write(3)
    expect(serving()).toBe(v2.provider.made[0])
    expect(serving().entries).toEqual([1, 2, 3])
    expect({ shutdown: v1.calls.shutdown, closed: v1.provider.made[0]?.closed }).toEqual({ shutdown: 1, closed: 1 })
    expect(host.plugins()).toMatchObject([{ version: '2.0.0', permanent: false }])
  })

  it('T5 ends with the next reload of the plugin, and not with one that fails', async () => {
    const { clock, host, result, store, serving, v1, bake } = await baking({ ms: 1000, healthy: () => false })
    const bad = new StorePlugin('3.0.0', {
      init: () => {
        throw new Error('no')
      },
    })
    await expect(host.reload(result.handle, bad)).rejects.toMatchObject({ code: 'PLUGIN' })
    expect(await standing(result.finalized)).toBe('pending')
    const v3 = new StorePlugin('3.0.0')
    await host.reload(result.handle, v3)
    expect(await bake()).toEqual({ outcome: 'superseded' })
    expect(v1.calls.shutdown).toBe(1)
    await store.write(3)
    await pass(clock, 1000)
    expect(serving().provider).toBe(v3.provider)
    expect(serving().entries).toEqual([1, 2, 3])
  })

  it('a reload after a failed one can still be taken back, with what was written before and after the failure', async () => {
    const { clock, host, result, store, serving, v1, bake } = await baking({ ms: 1000, healthy: () => false })
    const bad = new StorePlugin('3.0.0')
    bad.provider.breakNext('verify', () => {
      throw new Error('no')
    })
    await expect(host.reload(result.handle, bad)).rejects.toMatchObject({ code: 'HANDOFF' })
    await store.write(3)
    await pass(clock, 1000)
    expect(await bake()).toMatchObject({ outcome: 'taken-back' })
    expect(serving()).toBe(v1.provider.made[0])
    expect(serving().entries).toEqual([1, 2, 3])
  })

  it('waits for an operation on the plugin that is under way when healthy says no', async () => {
    const { clock, host, result, serving, v1, bake } = await baking({ ms: 1000, healthy: () => false })
    const init = new Deferred()
    const failing = host.reload(result.handle, new StorePlugin('3.0.0', { init: () => init.promise }))
    await pass(clock, 1000)
    expect(await standing(result.finalized)).toBe('pending')
    init.reject(new Error('no'))
    await expect(failing).rejects.toMatchObject({ code: 'PLUGIN' })
    expect(await bake()).toMatchObject({ outcome: 'taken-back' })
    expect(serving()).toBe(v1.provider.made[0])
  })

  it('I2 I7 leases of both versions go on, and what they reach is closed when they end', async () => {
    const { clock, host, v1, v2, closed } = await baking({ ms: 1000, healthy: () => false })
    const onNew = host.capture()
    await pass(clock, 1000)
    await turn()
    expect(onNew.resource(STORES['pre-copy'], 'main')).toBe(v2.provider.made[0])
    expect({ shutdown: v2.calls.shutdown, closed: v2.provider.made[0]?.closed }).toEqual({ shutdown: 0, closed: 0 })
    onNew[Symbol.dispose]()
    expect(await closed()).toMatchObject({ outcome: 'taken-back' })
    expect({
      v2Shutdown: v2.calls.shutdown,
      v2Closed: v2.provider.made[0]?.closed,
      v1Shutdown: v1.calls.shutdown,
    }).toEqual({ v2Shutdown: 1, v2Closed: 1, v1Shutdown: 0 })
  })

  it('T3 I7 a plugin that serves again is not shut down under a lease of its first generation', async () => {
    const clock = new ManualClock()
    const host = new PluginHost({ strategies: [storeStrategy('pre-copy')], clock })
    const v1 = new StorePlugin('1.0.0')
    const handle = await host.add(v1)
    const early = host.acquire(STORES['pre-copy'], 'stores', { label: 'early' })
    const { finalized } = await host.reload(handle, new StorePlugin('2.0.0'), {
      bake: { ms: 10, healthy: () => false },
    })
    await pass(clock, 10)
    await pass(clock, 30_000)
    expect((await finalized).status).toBe('taken-back')
    const again = host.plugin('stores')
    if (again === undefined) throw new Error('nothing serves')
    const last = await host.reload(again, new StorePlugin('3.0.0'))
    await turn()
    expect(v1.calls.shutdown).toBe(0)
    early[Symbol.dispose]()
    expect((await last.finalized).status).toBe('finalized')
    expect(v1.calls.shutdown).toBe(1)
  })

  it('several plugins that were reloaded together go back together', async () => {
    const clock = new ManualClock()
    const host = new PluginHost({ strategies: [storeStrategy('pre-copy')], clock })
    const handles = [
      await host.add(new StorePlugin('1.0.0', { id: 'a' })),
      await host.add(new StorePlugin('1.0.0', { id: 'b' })),
    ]
    const results = await host.reloadAll(
      handles.map((handle) => ({ handle, plugin: new StorePlugin('2.0.0', { id: handle.id }) })),
      { bake: { ms: 10, healthy: () => false } },
    )
    const before = host.capture().epoch
    await pass(clock, 10)
    for (const { finalized } of results)
      expect((await finalized).bake).toMatchObject({
        outcome: 'taken-back',
        results: [{ handle: { id: 'a' } }, { handle: { id: 'b' } }],
      })
    expect(
      host
        .plugins()
        .filter(({ state }) => state === 'active')
        .map(({ id, version }) => [id, version]),
    ).toEqual([
      ['a', '1.0.0'],
      ['b', '1.0.0'],
    ])
    expect(host.capture().epoch).toBe(before + 1)
  })

  it('I7 what serves again and is replaced before the take-back is written down is closed once', async () => {
    const disk = new Deferred()
    const clock = new ManualClock()
    let commits = 0
    const journal: Journal = {
      append: async ({ type }) => {
        if (type === 'committed' && (commits += 1) === 3) await disk.promise
      },
    }
    const host = new PluginHost({ strategies: [storeStrategy('pre-copy')], clock, journal })
    const v1 = new StorePlugin('1.0.0')
    const first = await host.add(v1)
    await host.attach(STORES['pre-copy'], openStore('main'))
    const { finalized } = await host.reload(first, new StorePlugin('2.0.0'), { bake: { ms: 10, healthy: () => false } })
    await pass(clock, 10)
    const again = host.reload({ id: 'stores', generation: 2 }, new StorePlugin('3.0.0'))
    await turnUntil(() => host.plugin('stores')?.generation === 3)
    disk.resolve()
    await (
      await again
    ).finalized
    expect((await finalized).bake).toMatchObject({ outcome: 'taken-back' })
    expect({ shutdown: v1.calls.shutdown, closed: v1.provider.made.map(({ closed }) => closed) }).toEqual({
      shutdown: 1,
      closed: [1],
    })
  })

  it('tells the observer how it ended', async () => {
    const { clock, events, bake } = await baking({ ms: 10, healthy: () => false })
    await pass(clock, 10)
    await bake()
    expect(events.filter(({ type }) => type === 'baked')).toMatchObject([{ outcome: 'taken-back' }])
  })

  it.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY])('refuses a period of %s ms', async (ms) => {
    const host = new PluginHost({ strategies: [storeStrategy('pre-copy')] })
    const handle = await host.add(new StorePlugin('1.0.0'))
    await expect(host.reload(handle, new StorePlugin('2.0.0'), { bake: { ms } })).rejects.toThrow(
      `reload options.bake.ms: expected a finite number of milliseconds above 0, and got ${ms}`,
    )
    expect(host.plugins()).toMatchObject([{ version: '1.0.0', state: 'active' }])
  })

  it('ends when the host closes, and closes everything once', async () => {
    const { host, v1, v2, bake, clock } = await baking({ ms: 1000, healthy: () => false })
    await host[Symbol.asyncDispose]()
    expect(await bake()).toEqual({ outcome: 'superseded' })
    expect([v1, v2].map(({ calls, provider }) => [calls.shutdown, provider.made.map(({ closed }) => closed)])).toEqual([
      [1, [1]],
      [1, [1]],
    ])
    expect(clock.pending).toBe(0)
  })
})
