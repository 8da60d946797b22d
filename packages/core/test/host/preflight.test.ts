import { PluginHost, ReloadKindHandlers, type CompatVerdict } from '@uni/reload-core'
import { ManualClock } from '@uni/reload-core/testing'
import { describe, expect, it } from 'vitest'
import { Deferred, turn } from '../fixtures/deferred.js'
import { hostWithStore } from '../fixtures/host-with-store.js'
import { refusalOf } from '../fixtures/refusal.js'
import { cleanStores } from '../fixtures/store-plugin.js'
import { STORES, StoreProvider, storeStrategy, type Store } from '../fixtures/store.js'
import { TestPlugin } from '../fixtures/test-plugin.js'
import { wordHandoff, wordKind, wordPlugin } from '../fixtures/word.js'

describe('preflight: compatibility', () => {
  it('I6 a provider that a handler names itself is judged like any other', async () => {
    const judged: unknown[] = []
    const strategy = storeStrategy('clean', {
      checkCompat({ next }): CompatVerdict {
        judged.push(next)
        return next === special ? { level: 'incompatible', reason: 'it keeps no values' } : { level: 'compatible' }
      },
    })
    const special = new StoreProvider('stores', 'special')
    const host = new PluginHost({ strategies: [strategy] })
    const handle = await host.add(cleanStores('1.0.0'))
    const store = new StoreProvider('stores', 'mine').make([])
    const handlers = new ReloadKindHandlers().add(STORES.clean, {
      name: 'mine',
      key: 'stores',
      resource: store,
      next: special,
    })
    const next = cleanStores('2.0.0')
    expect(await refusalOf(host.reload(handle, next, { handlers }))).toMatchObject({
      code: 'SCHEMA_INCOMPAT',
      key: 'stores',
    })
    expect(judged).toEqual([next.provider, special])
    expect({ made: special.made, closed: store.closed }).toEqual({ made: [], closed: 0 })
  })

  it('I3 I6 an incompatible provider rolls back, and every incompatible key is named', async () => {
    const strategy = wordHandoff({
      checkCompat: ({ key }): CompatVerdict =>
        key === 'fine'
          ? { level: 'compatible' }
          : { level: 'incompatible', reason: `${key} changed its meaning`, details: key },
    })
    await using host = new PluginHost({ strategies: [strategy] })
    const handle = await host.add(wordPlugin('a', '1.0.0', ['fine', 'x', 'y']))
    const next = wordPlugin('a', '2.0.0', ['fine', 'x', 'y'])
    const error = await refusalOf(host.reload(handle, next))
    expect(error).toMatchObject({
      code: 'SCHEMA_INCOMPAT',
      phase: 'preflight',
      surface: 'test-word',
      key: 'x',
      plugin: 'a@2.0.0',
    })
    expect(error.message).toContain('x changed its meaning')
    expect(error.message).toContain('y changed its meaning')
    expect(error.details).toHaveLength(2)
    expect(next.calls).toEqual({ register: 1, init: 1, shutdown: 1 })
    using lease = host.capture()
    expect(lease.get(wordKind, 'x').say()).toBe('a@1.0.0')
  })

  it.each([
    [
      'throws',
      () => {
        throw new Error('cannot compare')
      },
      'SCHEMA_INCOMPAT',
    ],
    ['answers with something else', () => 'fine' as unknown as CompatVerdict, 'SCHEMA_INCOMPAT'],
    ['answers with a level nobody knows', () => ({ level: 'maybe' }) as unknown as CompatVerdict, 'SCHEMA_INCOMPAT'],
  ])('I6 a check that %s has not shown compatibility', async (_, checkCompat, code) => {
    await using host = new PluginHost({ strategies: [wordHandoff({ checkCompat })] })
    const handle = await host.add(wordPlugin('a', '1.0.0'))
    expect(await refusalOf(host.reload(handle, wordPlugin('a', '2.0.0')))).toMatchObject({ code, phase: 'preflight' })
    expect(host.plugin('a')).toEqual(handle)
  })

  it('I8 a check that hangs is given up on: STEP_TIMEOUT', async () => {
    const clock = new ManualClock()
    await using host = new PluginHost({
      strategies: [wordHandoff({ checkCompat: () => new Deferred<never>().promise })],
      clock,
      timeouts: { preflight: 100 },
    })
    const handle = await host.add(wordPlugin('a', '1.0.0'))
    const failing = refusalOf(host.reload(handle, wordPlugin('a', '2.0.0')))
    await turn()
    clock.advance(100)
    expect(await failing).toMatchObject({ code: 'STEP_TIMEOUT', phase: 'preflight', step: 'checkCompat' })
  })

  it('I10 a migration goes ahead and is reported, with its reason', async () => {
    await using host = new PluginHost({
      strategies: [wordHandoff({ checkCompat: () => ({ level: 'migrate', reason: 'a wider type' }) })],
    })
    const handle = await host.add(wordPlugin('a', '1.0.0'))
    const { report } = await host.reload(handle, wordPlugin('a', '2.0.0'))
    expect(report.compat).toEqual([
      {
        surface: 'test-word',
        key: 'a',
        step: 'checkCompat',
        plugin: 'a@2.0.0',
        verdict: { level: 'migrate', reason: 'a wider type' },
      },
    ])
  })

  it('a key the new version no longer registers is a plain removal', async () => {
    await using host = new PluginHost({ strategies: [wordHandoff({ checkCompat: () => ({ level: 'compatible' }) })] })
    const handle = await host.add(wordPlugin('a', '1.0.0', ['x', 'y']))
    const { report } = await host.reload(handle, wordPlugin('a', '2.0.0', ['y']))
    expect(report.compat.map(({ key }) => key)).toEqual(['y'])
    using lease = host.capture()
    expect(lease.find(wordKind, 'x')).toBeUndefined()
  })
})

describe('preflight: orphans', () => {
  it('I3 a reload that would orphan a live resource is refused: ORPHANED_RESOURCE', async () => {
    const { host, plugin, handle, store } = await hostWithStore()
    const error = await refusalOf(host.reload(handle, new TestPlugin('stores', '2.0.0')))
    expect(error).toMatchObject({
      code: 'ORPHANED_RESOURCE',
      phase: 'preflight',
      plugin: 'stores@1.0.0',
      surface: 'clean-store',
      key: 'stores',
      resource: 'main',
    })
    expect(error.hint).toBe("Detach it first, keep the key, or say onOrphan: 'close'.")
    await store.write(1)
    expect(plugin.made).toMatchObject([{ entries: [1], closed: 0 }])
    expect((await refusalOf(host.remove(handle))).code).toBe('ORPHANED_RESOURCE')
  })

  it("I7 I10 onOrphan: 'close' closes it once, after its leases, and says so", async () => {
    const { host, plugin, handle, store } = await hostWithStore()
    const lease = host.capture()
    const { report, finalized } = await host.reload(handle, new TestPlugin('stores', '2.0.0'), { onOrphan: 'close' })
    expect(report.closedOrphans).toEqual(['main'])
    expect((await refusalOf(store.write(1))).code).toBe('RESOURCE_CLOSED')
    expect(lease.resource(STORES.clean, 'main').closed).toBe(0)
    expect(host.resources()).toEqual([])
    lease[Symbol.dispose]()
    expect(await finalized).toMatchObject({ status: 'finalized', errors: [] })
    expect(plugin.made).toMatchObject([{ closed: 1 }])
    expect(plugin.calls.shutdown).toBe(1)
  })

  it('I7 an orphan is closed after the write in flight has settled', async () => {
    const { host, plugin, handle, store } = await hostWithStore()
    const writing = new Deferred()
    const old = plugin.made[0] as Store
    old.append = async (value) => {
      await writing.promise
      old.entries.push(value)
    }
    const written = store.write(7)
    const { finalized } = await host.reload(handle, new TestPlugin('stores', '2.0.0'), { onOrphan: 'close' })
    await turn()
    expect(old.closed).toBe(0)
    writing.resolve()
    await written
    await finalized
    expect(old).toMatchObject({ entries: [7], closed: 1 })
  })

  it('I10 each result of a reloadAll names its own orphans', async () => {
    const { host, handle } = await hostWithStore()
    const other = await host.add(wordlessPlugin('1.0.0'))
    const results = await host.reloadAll(
      [
        { handle, plugin: new TestPlugin('stores', '2.0.0') },
        { handle: other, plugin: wordlessPlugin('2.0.0') },
      ],
      { onOrphan: 'close' },
    )
    expect(results.map(({ report }) => report.closedOrphans)).toEqual([['main'], []])
  })
})

function wordlessPlugin(version: string): TestPlugin {
  return new TestPlugin('other', version)
}
