import { PluginHost, type ReloadError, type ReloadOptions } from '@uni/reload-core'
import { ManualClock } from '@uni/reload-core/testing'
import { describe, expect, it } from 'vitest'
import { Deferred, failureOf, turn } from '../fixtures/deferred.js'
import { pastDeadlines } from '../fixtures/past-deadlines.js'
import { StorePlugin } from '../fixtures/store-plugin.js'
import { STORES, storeStrategy, type Fault, type StoreDiscipline, type StoreStep } from '../fixtures/store.js'
import { FAULTS } from '../fixtures/faults.js'

/** A host with one store, opened from what was acknowledged. Every call has 100 ms. */
async function served(discipline: StoreDiscipline, unjudged: 'accept' | 'refuse' = 'accept') {
  const clock = new ManualClock()
  const all = 100
  const host = new PluginHost({
    strategies: [{ ...storeStrategy(discipline), checkCompat: () => ({ level: 'compatible' as const }) }],
    clock,
    unjudged,
    timeouts: {
      preflight: all,
      prepare: all,
      converge: all,
      rollback: all,
      finalize: all,
      open: all,
      write: all,
      bake: all,
    },
  })
  const old = new StorePlugin('1.0.0', { discipline })
  const acknowledged: number[] = []
  const handle = await host.add(old)
  const surface = STORES[discipline]
  const store = await host.attach(surface, {
    name: 'main',
    key: 'stores',
    open: (provider) => provider.make([...acknowledged]),
  })
  const write = async (entry: number): Promise<void> => {
    await store.write(entry)
    acknowledged.push(entry)
  }
  await write(1)
  /** Lets deadlines pass until `action` has come to an end. */
  const until = <T>(action: Promise<T>): Promise<T> => pastDeadlines(clock, all, action)
  const next = new StorePlugin('2.0.0', { discipline })
  return {
    clock,
    host,
    handle,
    old,
    next,
    acknowledged,
    store,
    write,
    until,
    reload: (options?: ReloadOptions) => until(host.reload(handle, next, options)),
    serving: () => {
      using lease = host.capture()
      return lease.resource(surface, 'main')
    },
  }
}

describe('I4 a version that serves and is broken is got out', () => {
  const broken = (['pre-copy', 'stop-and-copy', 'clean'] as const).flatMap((discipline) =>
    (['overlap', 'exclusive'] as const).flatMap((cutover) =>
      (['observe', 'persist', 'apply', 'close'] as const).flatMap((step) =>
        Object.keys(FAULTS).map((fault) => ({ discipline, cutover, step, fault })),
      ),
    ),
  )

  it.each(broken)('W2 $discipline, $cutover: its $step $fault', async ({ discipline, cutover, step, fault }) => {
    const scene = await served(discipline)
    const { old, next, host, write, reload, serving, acknowledged, until } = scene
    old.provider.break(step, FAULTS[fault] as Fault)
    const failed = step === 'apply' ? await failureOf(until(write(2))) : undefined
    if (fault === 'hangs' && step === 'apply') {
      expect(failed).toMatchObject({ code: 'STEP_TIMEOUT', hint: expect.stringContaining("from: 'open'") })
      expect(host.resources()).toMatchObject([{ state: 'stuck' }])
    }

    const { finalized, report } = await reload({ cutover, from: 'open' })
    expect(report.handoffs).toMatchObject([{ resource: 'main', from: 'open' }])
    expect(report.compat).toContainEqual(
      expect.objectContaining({
        step: 'handoff',
        resource: 'main',
        verdict: { level: 'unjudged', reason: expect.stringContaining('opened anew') as string },
      }),
    )
    expect(serving().provider).toBe(next.provider)
    await write(3)
    expect(serving().entries).toEqual(acknowledged)
    expect(acknowledged).toEqual([1, 3])
    expect(host.resources()).toMatchObject([{ state: 'serving', plugin: 'stores@2.0.0' }])
    await until(finalized)
    expect(old.provider.calls.filter((call) => call === 'close')).toHaveLength(1)
    expect({ shutdown: old.calls.shutdown, pending: scene.clock.pending }).toEqual({ shutdown: 1, pending: 0 })
    await until(host[Symbol.asyncDispose]())
    expect(next.provider.made.map(({ closed }) => closed)).toEqual([1])
  })

  it.each<[StoreDiscipline, StoreStep, string]>([
    ['pre-copy', 'observe', 'observe'],
    ['pre-copy', 'persist', 'persist'],
    ['stop-and-copy', 'persist', 'checkpoint'],
    ['stop-and-copy', 'close', 'stop'],
  ])(
    'W4 I10 %s: without being told to, a reload is refused, and the error says whose %s failed',
    async (discipline, step, named) => {
      const { old, reload, serving, write, acknowledged, until } = await served(discipline)
      for (const fault of ['throws', 'hangs']) {
        old.provider.breakNext(step, FAULTS[fault] as Fault)
        const error = await failureOf(reload())
        expect(error).toMatchObject({ step: named, side: 'old', hint: expect.stringContaining("from: 'open'") })
        expect(String(error)).toContain(`${named} of the version that serves`)
        expect((error as ReloadError).hint).not.toContain('Correct the new one')
        await until(write(2))
        expect(serving().entries).toEqual(acknowledged)
      }
    },
  )

  it('W3 I8 what a hung write does after it was abandoned is inert', async () => {
    const { old, store, reload, serving, until, write } = await served('pre-copy')
    const late = new Deferred()
    old.provider.breakNext('apply', async (run) => {
      await late.promise
      run()
    })
    const hung = failureOf(store.write(2))
    await turn()
    await reload({ from: 'open' })
    expect(await hung).toMatchObject({ code: 'STEP_TIMEOUT' })
    late.resolve()
    await turn()
    await until(write(3))
    expect(serving().entries).toEqual([1, 3])
  })

  it.each(['pre-copy', 'stop-and-copy', 'clean'] as const)(
    'I3 %s: where the new one cannot be opened either, the old one serves on',
    async (discipline) => {
      const { old, next, host, reload, serving, write, acknowledged } = await served(discipline)
      old.provider.break('persist', FAULTS.throws as Fault)
      next.provider.make = () => {
        throw new Error('no disk')
      }
      expect(await failureOf(reload({ from: 'open' }))).toMatchObject({
        code: 'HANDOFF',
        side: 'new',
        rollbackErrors: [],
      })
      await write(2)
      expect(serving().provider).toBe(old.provider)
      expect(serving().entries).toEqual(acknowledged)
      expect(host.resources()).toMatchObject([{ state: 'serving' }])
    },
  )

  const disciplines = ['pre-copy', 'stop-and-copy', 'clean'] as const
  it.each(disciplines)(
    'W2 I4 %s: what neither version could open is opened anew by the next reload, which has no checkpoint to start from',
    async (discipline) => {
      const { old, next, host, reload, serving, write, acknowledged, until, handle } = await served(discipline)
      for (const { provider } of [old, next])
        provider.make = () => {
          throw new Error('no disk')
        }
      expect(await failureOf(reload({ cutover: 'exclusive', from: 'open' }))).toMatchObject({
        code: 'HANDOFF',
        side: 'new',
      })
      expect(host.resources()).toMatchObject([{ state: 'halted' }])

      const { report } = await until(host.reload(handle, new StorePlugin('3.0.0', { discipline })))
      expect(report.handoffs).toMatchObject([{ resource: 'main', from: 'open' }])
      expect(report.compat).toContainEqual(
        expect.objectContaining({
          step: 'handoff',
          resource: 'main',
          verdict: { level: 'unjudged', reason: expect.stringContaining('opened anew') as string },
        }),
      )
      expect({ version: serving().provider.version, entries: serving().entries }).toEqual({
        version: '3.0.0',
        entries: acknowledged,
      })
      await write(2)
      expect(serving().entries).toEqual([1, 2])
    },
  )

  it.each(disciplines)('I4 %s: a write starts it again, as the host opens it', async (discipline) => {
    const { old, next, host, reload, serving, write } = await served(discipline)
    const { make } = old.provider
    for (const { provider } of [old, next])
      provider.make = () => {
        throw new Error('no disk')
      }
    expect(await failureOf(reload({ cutover: 'exclusive', from: 'open' }))).toMatchObject({ code: 'HANDOFF' })
    old.provider.make = make
    await write(2)
    expect({ state: host.resources()[0]?.state, provider: serving().provider, entries: serving().entries }).toEqual({
      state: 'serving',
      provider: old.provider,
      entries: [1, 2],
    })
  })

  it('I7 what a halted one was to start from is discarded once, where a write starts it in the middle of the reload', async () => {
    const { old, next, host, handle, reload, store, serving } = await served('stop-and-copy')
    const fails: Fault = () => {
      throw new Error('no port')
    }
    for (const { provider } of [old, next]) provider.breakNext('open', fails)
    expect(await failureOf(reload())).toMatchObject({ code: 'HANDOFF' })
    const port = new Deferred()
    old.provider.breakNext('open', async (run) => {
      await port.promise
      return run()
    })
    const writing = store.write(2)
    const reloading = host.reload(handle, next, { cutover: 'exclusive', from: 'open' })
    await turn()
    port.resolve()
    await writing
    await (
      await reloading
    ).finalized
    expect(serving().provider).toBe(next.provider)
    expect(old.provider.images.map(({ discarded }) => discarded)).toEqual([1])
  })

  it.each(disciplines)(
    'I3 %s: where the host refuses what is not judged, the old one serves on',
    async (discipline) => {
      const { old, host, reload, serving, write, acknowledged } = await served(discipline, 'refuse')
      const judged = [{ surface: STORES[discipline].id, key: 'stores', reason: 'it was looked at' }]
      for (const cutover of ['overlap', 'exclusive'] as const) {
        expect(await failureOf(reload({ cutover, from: 'open' }))).toMatchObject({
          code: 'SCHEMA_INCOMPAT',
          resource: 'main',
          rollbackErrors: [],
        })
        await write(acknowledged.length + 1)
        expect({ state: host.resources()[0]?.state, provider: serving().provider, entries: serving().entries }).toEqual(
          { state: 'serving', provider: old.provider, entries: acknowledged },
        )
      }
      await reload({ cutover: 'exclusive', from: 'open', accept: judged })
      expect(serving().entries).toEqual(acknowledged)
    },
  )

  it('opens anew those that are named, and hands over the others', async () => {
    const { host, store, reload, serving, old, until } = await served('pre-copy')
    const other = await host.attach(STORES['pre-copy'], {
      name: 'other',
      key: 'stores',
      open: (provider) => provider.make([]),
    })
    await other.write(7)
    expect(store.name).toBe('main')
    const { report } = await reload({ from: { open: [{ surface: 'pre-copy-store', resource: 'main' }] } })
    expect(report.handoffs.map(({ resource, from }) => [resource, from])).toEqual([
      ['main', 'open'],
      ['other', 'serving'],
    ])
    expect(old.provider.calls.filter((call) => call === 'persist')).toHaveLength(1)
    expect(serving().entries).toEqual([1])
    expect(await until(other.use(({ entries }) => entries))).toEqual([7])
  })

  it('I3 a name that is not handed over is refused, and so is a host that refuses what is not judged', async () => {
    const { reload, serving, old } = await served('pre-copy')
    expect(
      await failureOf(reload({ from: { open: [{ surface: 'pre-copy-store', resource: 'mian' }] } })),
    ).toMatchObject({ code: 'RESOURCE_NOT_FOUND', resource: 'mian' })
    expect(serving().provider).toBe(old.provider)
  })

  it('O6 a dry run tells a caller nothing and stops nothing', async () => {
    for (const discipline of ['pre-copy', 'stop-and-copy'] as const) {
      const { reload, serving, old, next, write } = await served(discipline)
      expect((await reload({ from: 'open', dryRun: true })).status).toBe('dry-run')
      await write(2)
      expect(serving()).toBe(old.provider.made[0])
      expect(next.provider.made.map(({ closed }) => closed)).toEqual(discipline === 'pre-copy' ? [1] : [])
    }
  })
})
