import { PluginHost, type Journal, type JournalRecord } from '@uni/reload-core'
import { planRecovery } from '@uni/reload-core/node'
import { ManualClock } from '@uni/reload-core/testing'
import { describe, expect, it } from 'vitest'
import { baking, pass } from '../fixtures/baking.js'
import { Deferred, standing } from '../fixtures/deferred.js'
import { StorePlugin } from '../fixtures/store-plugin.js'
import { storeStrategy } from '../fixtures/store.js'

describe('a reload that bakes, and making it permanent', () => {
  it('ends when the plugin is made permanent', async () => {
    const { clock, host, result, v1, bake } = await baking({ ms: 1000, healthy: () => false })
    await host.makePermanent(result.handle)
    expect(await bake()).toEqual({ outcome: 'accepted' })
    expect(v1.calls.shutdown).toBe(1)
    expect({ permanent: host.plugins()[0]?.permanent, pending: clock.pending }).toEqual({ permanent: true, pending: 0 })
  })

  it('I10 is not taken back while it is made permanent', async () => {
    const disk = new Deferred()
    const clock = new ManualClock()
    const records: JournalRecord[] = []
    const journal: Journal = {
      append: async (record) => {
        if (record.type === 'permanent') await disk.promise
        records.push(record)
      },
    }
    const host = new PluginHost({ strategies: [storeStrategy('pre-copy')], clock, journal })
    const result = await host.reload(await host.add(new StorePlugin('1.0.0')), new StorePlugin('2.0.0'), {
      bake: { ms: 10, healthy: () => false },
    })
    const permanent = host.makePermanent(result.handle)
    await pass(clock, 10)
    expect(await standing(result.finalized)).toBe('pending')
    disk.resolve()
    await permanent
    expect((await result.finalized).bake).toEqual({ outcome: 'accepted' })
    expect({
      serving: host.plugins()[0]?.version,
      recovered: planRecovery(records).plugins.get('stores')?.version,
    }).toEqual({ serving: '2.0.0', recovered: '2.0.0' })
  })

  it('I10 is not taken back while one of two makes it permanent, though the other could not', async () => {
    const disks = [new Deferred(), new Deferred()]
    const clock = new ManualClock()
    const appends = disks.values()
    const journal: Journal = {
      append: async ({ type }) => {
        if (type === 'permanent') await appends.next().value?.promise
      },
    }
    const host = new PluginHost({ strategies: [storeStrategy('pre-copy')], clock, journal })
    const result = await host.reload(await host.add(new StorePlugin('1.0.0')), new StorePlugin('2.0.0'), {
      bake: { ms: 10, healthy: () => false },
    })
    const [first, second] = [host.makePermanent(result.handle), host.makePermanent(result.handle)]
    disks[1]?.reject(new Error('no space left'))
    await expect(second).rejects.toThrow('no space left')
    await pass(clock, 10)
    expect(await standing(result.finalized)).toBe('pending')
    disks[0]?.resolve()
    await first
    expect((await result.finalized).bake).toEqual({ outcome: 'accepted' })
    expect(host.plugins()).toMatchObject([{ version: '2.0.0', permanent: true }])
  })

  it('can be made permanent by whoever is told of the commit', async () => {
    const clock = new ManualClock()
    let permanent: Promise<void> | undefined
    const host: PluginHost = new PluginHost({
      strategies: [storeStrategy('pre-copy')],
      clock,
      observer: ({ type }) => {
        if (type === 'committed' && host.plugin('stores')?.generation === 1)
          permanent = host.makePermanent({ id: 'stores', generation: 1 })
      },
    })
    const { finalized } = await host.reload(await host.add(new StorePlugin('1.0.0')), new StorePlugin('2.0.0'), {
      bake: { ms: 10, healthy: () => false },
    })
    await permanent
    expect((await finalized).bake).toEqual({ outcome: 'accepted' })
    expect(clock.pending).toBe(0)
  })

  it('goes on where it cannot be made permanent', async () => {
    const clock = new ManualClock()
    const journal: Journal = {
      append: async (record) => {
        if (record.type === 'permanent') throw new Error('no space left')
      },
    }
    const host = new PluginHost({ strategies: [storeStrategy('pre-copy')], clock, journal })
    const result = await host.reload(await host.add(new StorePlugin('1.0.0')), new StorePlugin('2.0.0'), {
      bake: { ms: 10, healthy: () => false },
    })
    await expect(host.makePermanent(result.handle)).rejects.toThrow('no space left')
    await pass(clock, 10)
    expect((await result.finalized).bake).toMatchObject({ outcome: 'taken-back' })
    expect(host.plugins()[0]).toMatchObject({ version: '1.0.0', permanent: true })
  })

  it('is not made permanent while it is taken back', async () => {
    const { clock, host, result, v1, bake } = await baking({ ms: 10, healthy: () => false })
    const slow = new Deferred()
    v1.provider.breakNext('apply', async (run) => {
      await slow.promise
      run()
    })
    await pass(clock, 10)
    await expect(host.makePermanent(result.handle)).rejects.toMatchObject({
      code: 'RELOAD_IN_PROGRESS',
      phase: 'bake',
      retryable: true,
      plugin: 'stores@2.0.0',
      message: expect.stringMatching(/the reload is being taken back\. Await finalized of its result/) as string,
    })
    slow.resolve()
    expect(await bake()).toMatchObject({ outcome: 'taken-back' })
  })

  it('ends the period at once, whatever healthy is doing', async () => {
    const { clock, host, result, bake } = await baking({ ms: 10, healthy: () => new Promise(() => {}) })
    await pass(clock, 10)
    await host.makePermanent(result.handle)
    expect(await bake()).toEqual({ outcome: 'accepted' })
    expect(clock.pending).toBe(0)
  })
})
