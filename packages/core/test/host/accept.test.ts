import {
  PluginHost,
  preCopy,
  type CompatVerdict,
  type HandoffStrategy,
  type JournalRecord,
  type ReloadOptions,
  type StepContext,
} from '@uni/reload-core'
import { ManualClock } from '@uni/reload-core/testing'
import { describe, expect, it } from 'vitest'
import { Deferred } from '../fixtures/deferred.js'
import { hostWithStore } from '../fixtures/host-with-store.js'
import { refusalOf } from '../fixtures/refusal.js'
import { cleanStores, openStore } from '../fixtures/store-plugin.js'
import { closeStore, STORES, type StoreProvider, storeStrategy, type Store } from '../fixtures/store.js'
import { turnUntil } from '../fixtures/turn-until.js'
import { wordHandoff, wordKind, wordPlugin } from '../fixtures/word.js'

type Stores = HandoffStrategy<StoreProvider, Store, number>

const MISREAD = { level: 'incompatible', reason: 'it reads "a" as "b"', details: 7 } as const
const accept = [{ surface: 'clean-store', key: 'stores', reason: 'version 1 misreads it' }]
const accepted = (overruled: CompatVerdict) => ({ level: 'accepted', reason: 'version 1 misreads it', overruled })

/** Moves stores by their entries, which the new version is held to; `verify` finds what it will. */
const judgedBy = (verify: () => void | Promise<void>): Partial<Stores> => ({
  checkCompat: () => ({ level: 'compatible' }),
  discipline: 'pre-copy',
  handoff: (job, ctx) =>
    preCopy(job, ctx, {
      snapshot: (store) => [...store.entries],
      restore: async (provider, entries) => {
        const store = await provider.open()
        store.entries.push(...entries)
        return store
      },
      meaning: { observe: () => undefined, verify },
      close: closeStore,
    }),
})

async function stores(more: Partial<Stores>, clock = new ManualClock()) {
  const records: JournalRecord[] = []
  const { host, handle, store, events } = await hostWithStore({
    strategies: [storeStrategy('clean', more)],
    clock,
    timeouts: { preflight: 100, prepare: 100 },
    journal: {
      append: async (record) => {
        records.push(record)
      },
    },
  })
  await store.write(1)
  return {
    host,
    store,
    clock,
    told: () => events.filter(({ type }) => type === 'accepted'),
    journaled: () =>
      records.flatMap((record) => (record.type === 'committed' && record.accepted ? record.accepted : [])),
    reload: (options: ReloadOptions = {}) => host.reload(handle, cleanStores('2.0.0'), options),
  }
}

const refuseMisread = (): Promise<CompatVerdict> => Promise.resolve(MISREAD)
const hang = (): Promise<never> => new Deferred<never>().promise

describe('O11 I10 an operator overrules a judgement, and it is told in the report, the journal and the events', () => {
  it.each<[string, (ctx: StepContext) => CompatVerdict | Promise<CompatVerdict>, CompatVerdict]>([
    ['of the preflight', refuseMisread, MISREAD],
    [
      'that threw',
      () => {
        throw Object.assign(new Error('version 1 cannot be asked'), { details: 8 })
      },
      { level: 'incompatible', reason: 'version 1 cannot be asked', details: 8 },
    ],
  ])('%s', async (_, check, overruled) => {
    const { host, reload, told, journaled, store } = await stores({ checkCompat: (_pair, ctx) => check(ctx) })
    expect(await refusalOf(reload())).toMatchObject({
      code: 'SCHEMA_INCOMPAT',
      hint: expect.stringContaining('accept: [{ surface, key, reason }]'),
    })
    const { report } = await reload({ accept })
    expect(report.compat).toEqual([
      {
        surface: 'clean-store',
        key: 'stores',
        step: 'checkCompat',
        plugin: 'stores@2.0.0',
        verdict: accepted(overruled),
      },
    ])
    expect(report.unneeded).toEqual([])
    expect(told()).toMatchObject([
      { plugins: ['stores@2.0.0'], surface: 'clean-store', key: 'stores', reason: 'version 1 misreads it', overruled },
    ])
    expect(journaled()).toEqual([
      {
        surface: 'clean-store',
        key: 'stores',
        reason: 'version 1 misreads it',
        overruled: 'reason' in overruled && overruled.reason,
      },
    ])
    expect(await store.use(({ by }) => by)).toBe('stores@2.0.0')
    await host[Symbol.asyncDispose]()
  })

  it('that came to no end, since the version that serves does not answer', async () => {
    let asked = false
    const { host, reload, clock } = await stores({
      checkCompat: () => {
        asked = true
        return hang()
      },
    })
    const reloading = reload({ accept })
    await turnUntil(() => asked)
    clock.advance(100)
    expect((await reloading).report.compat[0]?.verdict).toMatchObject({
      level: 'accepted',
      overruled: { reason: expect.stringContaining('no answer within 100 ms') },
    })
    await host[Symbol.asyncDispose]()
  })

  it.each(['overlap', 'exclusive'] as const)(
    'of a handoff that holds one resource to the other (%s)',
    async (cutover) => {
      const misread = (): never => {
        throw new Error('it has "b"')
      }
      const { host, reload, told, journaled, store } = await stores(judgedBy(misread))
      expect(await refusalOf(reload({ cutover }))).toMatchObject({ code: 'HANDOFF', step: 'verify', resource: 'main' })
      const { report } = await reload({ cutover, accept })
      const overruled = { level: 'incompatible', reason: 'it has "b"' } as const
      expect(report.compat).toMatchObject([
        { step: 'checkCompat', verdict: { level: 'compatible' } },
        { step: 'handoff', resource: 'main', plugin: 'stores@2.0.0', verdict: accepted(overruled) },
      ])
      expect(told()).toMatchObject([{ resource: 'main', overruled }])
      expect(journaled()).toEqual([
        {
          surface: 'clean-store',
          key: 'stores',
          resource: 'main',
          reason: 'version 1 misreads it',
          overruled: 'it has "b"',
        },
      ])
      expect(await store.use(({ by, entries }) => [by, entries])).toEqual(['stores@2.0.0', [1]])
      await host[Symbol.asyncDispose]()
    },
  )

  it('that a host would refuse as unjudged', async () => {
    await using host = new PluginHost({ strategies: [storeStrategy('clean')], unjudged: 'refuse' })
    const handle = await host.add(cleanStores('1.0.0'))
    await host.attach(STORES.clean, openStore('main'))
    const { report } = await host.reload(handle, cleanStores('2.0.0'), { accept })
    expect(report.compat[0]?.verdict).toMatchObject({ level: 'accepted', overruled: { level: 'unjudged' } })
  })

  it('of a removed key that comes back, and of the removal itself', async () => {
    const strategy = wordHandoff({
      remember: (provider) => provider,
      checkCompat: () => MISREAD,
      checkRemoval: () => MISREAD,
    })
    await using host = new PluginHost({ strategies: [strategy] })
    const handle = await host.add(wordPlugin('a', '1.0.0'))
    const word = { accept: [{ surface: 'test-word', key: 'a', reason: 'nothing is left of it' }] }
    expect((await refusalOf(host.remove(handle))).code).toBe('SCHEMA_INCOMPAT')
    expect((await host.remove(handle, word)).report.compat[0]?.verdict.level).toBe('accepted')
    expect((await refusalOf(host.add(wordPlugin('a', '2.0.0')))).code).toBe('SCHEMA_INCOMPAT')
    await host.add(wordPlugin('a', '2.0.0'), word)
    using lease = host.capture()
    expect(lease.get(wordKind, 'a').say()).toBe('a@2.0.0')
  })

  it('T6 when the reload is taken back, too, where that has to copy', async () => {
    const { host, store, clock, reload, told } = await stores({ checkCompat: refuseMisread, ...stoppedCells })
    const { finalized } = await reload({ accept, bake: { ms: 10, healthy: () => false } })
    await store.write(2)
    await turnUntil(() => clock.pending > 0)
    clock.advance(10)
    expect((await finalized).bake).toMatchObject({ outcome: 'taken-back' })
    expect(told()).toMatchObject([{ plugins: ['stores@2.0.0'] }, { plugins: ['stores@1.0.0'] }])
    await host[Symbol.asyncDispose]()
  })
})

/** No store that leaves stands by. */
const stoppedCells: Partial<Stores> = {
  handoff(job, ctx) {
    const moved = storeStrategy('clean').handoff?.(job, ctx)
    if (moved === undefined) throw new Error('stores are handed over')
    const { intact: _, ...copied } = moved
    return copied
  },
}

describe('what is accepted is not passed over', () => {
  it.each([
    ['another surface', { ...accept[0], surface: 'stores' }],
    ['another key', { ...accept[0], key: 'cel' }],
  ])('I3 %s than any that is judged is refused, with nothing changed', async (_, astray) => {
    const { host, reload, store } = await stores({ checkCompat: () => ({ level: 'compatible' }) })
    const wrong = astray as (typeof accept)[number]
    expect(await refusalOf(reload({ accept: [...accept, wrong] }))).toMatchObject({
      code: 'PROVIDER_NOT_FOUND',
      phase: 'preflight',
      surface: wrong.surface,
      key: wrong.key,
    })
    expect(await store.use(({ by }) => by)).toBe('stores@1.0.0')
    await host[Symbol.asyncDispose]()
  })

  it('what was not needed is in the report', async () => {
    const { host, reload, told, journaled } = await stores({ checkCompat: () => ({ level: 'compatible' }) })
    const { report } = await reload({ accept })
    expect({
      unneeded: report.unneeded,
      level: report.compat[0]?.verdict.level,
      told: told(),
      journaled: journaled(),
    }).toEqual({ unneeded: ['clean-store "stores"'], level: 'compatible', told: [], journaled: [] })
    await host[Symbol.asyncDispose]()
  })

  it('an acceptance overrules no abort', async () => {
    const abort = new AbortController()
    const { host, reload } = await stores({
      checkCompat: () => {
        abort.abort()
        return MISREAD
      },
    })
    expect((await refusalOf(reload({ accept, signal: abort.signal }))).code).toBe('ABORTED')
    await host[Symbol.asyncDispose]()
  })

  it.each<[string, unknown, string]>([
    ['no list', 'stores', 'reload options.accept: expected an array'],
    ['nothing', [undefined], 'accept[0].surface'],
    ['no reason', [{ surface: 'clean-store', key: 'stores' }], 'accept[0].reason'],
    ['an empty reason', [{ ...accept[0], reason: '' }], 'accept[0].reason'],
  ])('%s is refused', async (_, wrong, text) => {
    const { host, reload } = await stores({})
    await expect(reload({ accept: wrong as typeof accept })).rejects.toThrow(text)
    await host[Symbol.asyncDispose]()
  })
})

it('a strategy cannot say of itself that it is accepted', async () => {
  const { host, reload } = await stores({ checkCompat: () => accepted(MISREAD) as unknown as CompatVerdict })
  expect(await refusalOf(reload())).toMatchObject({
    code: 'SCHEMA_INCOMPAT',
    message: expect.stringContaining('not a verdict'),
  })
  await host[Symbol.asyncDispose]()
})
