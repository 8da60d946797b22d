import { PluginHost, type BakeOptions, type HandoffStrategy } from '@uni/reload-core'
import { ManualClock } from '@uni/reload-core/testing'
import { describe, expect, it } from 'vitest'
import { Deferred, turn } from '../fixtures/deferred.js'
import { StorePlugin } from '../fixtures/store-plugin.js'
import { STORES, StoreProvider, storeStrategy, type Store, type StoreDiscipline } from '../fixtures/store.js'
import { TestPlugin } from '../fixtures/test-plugin.js'

const SURFACE = STORES['pre-copy']
const MOST_RECORDED = 3
const NOT_WELL: BakeOptions = { ms: 10, healthy: () => false }

/** A plugin with one provider on two surfaces. */
function onBoth(version: string): TestPlugin {
  const provider = new StoreProvider('stores', version)
  return new TestPlugin('stores', version, {
    register: (registrar) => {
      registrar.provide(SURFACE, provider).provide(STORES.clean, provider)
    },
  })
}

/** An older version reads nothing that a newer one wrote. */
function oneWay(discipline: StoreDiscipline = 'pre-copy'): HandoffStrategy<StoreProvider, Store, number> {
  return {
    ...storeStrategy(discipline),
    checkCompat: ({ old, next }) =>
      next.version > old.version
        ? { level: 'compatible' }
        : { level: 'incompatible', reason: `it does not read ${old.version}` },
  }
}

/** Copies what serves, whatever stands by. */
function copying(
  strategy: HandoffStrategy<StoreProvider, Store, number>,
): HandoffStrategy<StoreProvider, Store, number> {
  return {
    ...strategy,
    handoff: (job, ctx) =>
      (strategy.handoff as NonNullable<typeof strategy.handoff>)({ ...job, standby: undefined as never }, ctx),
  }
}

/**
 * A reload that does not do well, to a version whose stores the one before cannot read.
 *
 * @param stores how many writes each was given since the reload, by name.
 */
async function notWell(stores: Record<string, number>, strategy = oneWay()) {
  const clock = new ManualClock()
  const host = new PluginHost({ strategies: [strategy], clock, maxRecordedWrites: MOST_RECORDED })
  const first = await host.add(new StorePlugin('1.0.0'))
  const attached = new Map(
    await Promise.all(
      Object.keys(stores).map(
        async (name) =>
          [name, await host.attach(SURFACE, { name, key: 'stores', open: (provider) => provider.make([]) })] as const,
      ),
    ),
  )
  const { finalized } = await host.reload(first, new StorePlugin('2.0.0'), { bake: NOT_WELL })
  for (const [name, writes] of Object.entries(stores))
    for (let entry = 1; entry <= writes; entry += 1) await attached.get(name)?.write(entry)
  await turn()
  clock.advance(NOT_WELL.ms)
  const report = (await finalized).bake
  return { report, host, attached, serves: host.plugins().find(({ state }) => state === 'active')?.version }
}

describe('I6 T6 the take-back asks the old version whether it reads what the new one wrote', () => {
  it('not where each resource is as it left it', async () => {
    const { report, serves } = await notWell({ main: MOST_RECORDED, other: 0 })
    expect(report).toMatchObject({ outcome: 'taken-back' })
    expect(serves).toBe('1.0.0')
  })

  it.each<[string, Record<string, number>]>([
    ['where a resource has to be copied, as more was written than is recorded', { main: MOST_RECORDED + 1 }],
    ['where one of several has to be copied', { main: 1, other: MOST_RECORDED + 1 }],
    ['where there is no resource', {}],
  ])('%s', async (_, stores) => {
    const { report, serves } = await notWell(stores)
    expect(report).toMatchObject({
      outcome: 'stranded',
      error: { code: 'SCHEMA_INCOMPAT', phase: 'preflight', plugin: 'stores@1.0.0', key: 'stores' },
    })
    expect(report?.outcome === 'stranded' && report.error.message).toContain('it does not read 2.0.0')
    expect(serves).toBe('2.0.0')
  })
  it('where its provider has a surface without a resource, beside one whose resource is as it left it', async () => {
    const clock = new ManualClock()
    const host = new PluginHost({ strategies: [storeStrategy('pre-copy'), oneWay('clean')], clock })
    const first = await host.add(onBoth('1.0.0'))
    await host.attach(SURFACE, { name: 'main', key: 'stores', open: (provider) => provider.make([]) })
    const { finalized } = await host.reload(first, onBoth('2.0.0'), { bake: NOT_WELL })
    await turn()
    clock.advance(NOT_WELL.ms)
    expect((await finalized).bake).toMatchObject({
      outcome: 'stranded',
      error: { code: 'SCHEMA_INCOMPAT', surface: STORES.clean.id },
    })
  })

  it('where the strategy has no use for what stands by, and copies what serves', async () => {
    const { report, serves } = await notWell({ main: 1 }, copying(oneWay()))
    expect(report).toMatchObject({ outcome: 'stranded', error: { code: 'SCHEMA_INCOMPAT', key: 'stores' } })
    expect(serves).toBe('2.0.0')
  })

  it('I4 I10 where what serves is copied, the report says so, and nothing is lost', async () => {
    const { report, host, attached } = await notWell({ main: 2 }, copying(storeStrategy('pre-copy')))
    expect(report).toMatchObject({
      outcome: 'taken-back',
      results: [{ report: { handoffs: [{ from: 'serving', discipline: 'pre-copy' }] } }],
    })
    await attached.get('main')?.write(3)
    using lease = host.capture()
    const store = lease.resource(SURFACE, 'main')
    expect([store.provider.version, store.entries]).toEqual(['1.0.0', [1, 2, 3]])
    expect(store.provider.made.map(({ closed }) => closed)).toEqual([1, 0])
  })

  it('where a resource has to be copied after all, as too much was written while others were judged', async () => {
    const clock = new ManualClock()
    const judging = new Deferred()
    const judged = new Deferred()
    const slow: HandoffStrategy<StoreProvider, Store, number> = {
      ...storeStrategy('clean'),
      checkCompat: async ({ old, next }) => {
        if (next.version < old.version) judging.resolve()
        if (next.version < old.version) await judged.promise
        return { level: 'compatible' }
      },
    }
    const host = new PluginHost({ strategies: [oneWay(), slow], clock, maxRecordedWrites: MOST_RECORDED })
    const first = await host.add(onBoth('1.0.0'))
    const main = await host.attach(SURFACE, { name: 'main', key: 'stores', open: (provider) => provider.make([]) })
    const { finalized } = await host.reload(first, onBoth('2.0.0'), { bake: NOT_WELL })
    clock.advance(NOT_WELL.ms)
    await judging.promise
    for (let entry = 1; entry <= MOST_RECORDED + 1; entry += 1) await main.write(entry)
    judged.resolve()
    expect((await finalized).bake).toMatchObject({
      outcome: 'stranded',
      error: { code: 'SCHEMA_INCOMPAT', surface: SURFACE.id },
    })
    await main.write(9)
    using lease = host.capture()
    expect(lease.resource(SURFACE, 'main').entries).toEqual([1, 2, 3, 4, 9])
  })
})
