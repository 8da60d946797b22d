import { PluginHost } from '@uni/reload-core'
import { ManualClock } from '@uni/reload-core/testing'
import { describe, expect, it } from 'vitest'
import { baking, pass } from '../fixtures/baking.js'
import { failureOf, turn } from '../fixtures/deferred.js'
import { pastDeadlines } from '../fixtures/past-deadlines.js'
import { StorePlugin } from '../fixtures/store-plugin.js'
import { STORES, storeStrategy, type Fault } from '../fixtures/store.js'
import { FAULTS } from '../fixtures/faults.js'

describe('T2 a version that bakes and is broken is taken back, whatever of it hangs or throws', () => {
  const ways = (['pre-copy', 'clean'] as const).flatMap((discipline) =>
    (['observe', 'persist', 'apply', 'close'] as const).flatMap((step) =>
      Object.keys(FAULTS).map((fault) => ({ discipline, step, fault })),
    ),
  )

  it.each(ways)('T8 $discipline: its $step $fault', async ({ discipline, step, fault }) => {
    const { clock, v1, v2, host, store, result, serving } = await baking(
      { ms: 100_000, healthy: () => false },
      { discipline },
    )
    v2.provider.break(step, FAULTS[fault] as Fault)
    if (step === 'apply') {
      const failing = failureOf(store.write(9))
      await pass(clock, 30_000)
      await failing
    }
    for (let at = 0; at < 10; at += 1) await pass(clock, 100_000)
    expect(await result.finalized).toMatchObject({
      status: 'taken-back',
      bake: { outcome: 'taken-back', results: [{ report: { handoffs: [{ from: 'standby' }] } }] },
    })
    expect(serving()).toBe(v1.provider.made[0])
    await store.write(3)
    expect(serving().entries).toEqual([1, 2, 3])
    expect(host.resources()).toMatchObject([{ state: 'serving', plugin: 'stores@1.0.0' }])
    for (let at = 0; at < 5; at += 1) await pass(clock, 100_000)
    expect({
      shutdown: v2.calls.shutdown,
      closes: v2.provider.calls.filter((call) => call === 'close').length,
    }).toEqual({ shutdown: 1, closes: 1 })
  })

  it('a write that begins to hang while the others are prepared is abandoned too', async () => {
    const { clock, v2, store, result, serving } = await baking({ ms: 1000, healthy: () => false })
    v2.provider.break('apply', FAULTS.hangs as Fault)
    const hung = failureOf(store.write(9))
    for (let at = 0; at < 4; at += 1) await pass(clock, 30_000)
    expect(await hung).toMatchObject({ code: 'STEP_TIMEOUT' })
    expect((await result.finalized).status).toBe('taken-back')
    await store.write(3)
    expect(serving().entries).toEqual([1, 2, 3])
  })

  it('I10 T4 a take-back that is stranded is not reported as finalized', async () => {
    const { clock, v1, v2, result, serving } = await baking(
      { ms: 1000, healthy: () => false },
      { discipline: 'stop-and-copy' },
    )
    v2.provider.break('persist', FAULTS.throws as Fault)
    await pass(clock, 1000)
    expect(await result.finalized).toMatchObject({
      status: 'stranded',
      bake: { outcome: 'stranded', error: { step: 'checkpoint', side: 'old' } },
    })
    expect(serving().provider).toBe(v2.provider)
    expect(v1.calls.shutdown).toBe(1)
  })
})

describe('I7 I9 I12 what is behind a take-back that failed leaves like any other', () => {
  /**
   * The take-back fails at the end of a period of `ms`, and a lease was captured before the reload. Leases may take 30
   * s.
   */
  async function stranding(ms: number) {
    const clock = new ManualClock()
    const host = new PluginHost({ strategies: [storeStrategy('stop-and-copy')], clock })
    const [v1, v2] = [
      new StorePlugin('1.0.0', { discipline: 'stop-and-copy' }),
      new StorePlugin('2.0.0', { discipline: 'stop-and-copy' }),
    ]
    const handle = await host.add(v1)
    await host.attach(STORES['stop-and-copy'], { name: 'main', key: 'stores', open: (provider) => provider.make([]) })
    const lease = host.capture({ label: 'report' })
    const { finalized } = await host.reload(handle, v2, { bake: { ms, healthy: () => false } })
    v2.provider.break('persist', FAULTS.throws as Fault)
    const ended = () => [v1.calls.shutdown, v1.provider.made.map(({ closed }) => closed)]
    const retired = () =>
      host
        .plugins()
        .filter(({ state }) => state === 'retired')
        .map(({ version }) => version)
    return { clock, host, v1, lease, finalized, ended, retired }
  }

  it('stays as long as a lease holds it, is told as kept, and is shut down once that ends', async () => {
    const { clock, lease, finalized, ended, retired } = await stranding(10)
    await pass(clock, 10)
    await pass(clock, 30_000)
    expect(await finalized).toMatchObject({
      status: 'kept',
      blockers: [{ label: 'report' }],
      bake: { outcome: 'stranded' },
    })
    expect({ ended: ended(), retired: retired() }).toEqual({ ended: [0, [1]], retired: ['1.0.0'] })
    lease[Symbol.dispose]()
    await turn()
    expect({ ended: ended(), retired: retired(), pending: clock.pending }).toEqual({
      ended: [1, [1]],
      retired: [],
      pending: 0,
    })
  })

  it('is shut down before the final report comes, where the lease has ended by the end of the period', async () => {
    const { clock, lease, finalized, ended, retired } = await stranding(40_000)
    await pass(clock, 30_000)
    lease[Symbol.dispose]()
    await turn()
    expect(ended()).toEqual([0, [1]])
    await pass(clock, 10_000)
    expect(await finalized).toMatchObject({
      status: 'stranded',
      blockers: [{ label: 'report' }],
      bake: { outcome: 'stranded' },
    })
    expect({ ended: ended(), retired: retired(), pending: clock.pending }).toEqual({
      ended: [1, [1]],
      retired: [],
      pending: 0,
    })
  })

  it('ends with a host that closes, which has the lease end', async () => {
    const { clock, host, lease, finalized, ended } = await stranding(10)
    await pass(clock, 10)
    await pass(clock, 30_000)
    expect((await finalized).status).toBe('kept')
    lease.signal.addEventListener('abort', () => {
      lease[Symbol.dispose]()
    })
    await pastDeadlines(clock, 30_000, host[Symbol.asyncDispose]())
    expect({ ended: ended(), pending: clock.pending }).toEqual({ ended: [1, [1]], pending: 0 })
  })
})
