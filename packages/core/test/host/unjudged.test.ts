import { hostWithStore } from '../fixtures/host-with-store.js'
import { PluginHost, ReloadDispatcher, OldProviders, type HandoffStrategy, type UnjudgedPolicy } from '@uni/reload-core'
import { describe, expect, it } from 'vitest'
import { refusalOf } from '../fixtures/refusal.js'
import { cleanStores, openStore } from '../fixtures/store-plugin.js'
import { STORES, StoreProvider, storeStrategy, type Store } from '../fixtures/store.js'
import { wordHandoff, wordPlugin } from '../fixtures/word.js'

async function storeHost(more: Partial<HandoffStrategy<StoreProvider, Store, number>>, unjudged?: UnjudgedPolicy) {
  const { host, handle, store } = await hostWithStore({
    strategies: [storeStrategy('clean', more)],
    ...(unjudged && { unjudged }),
  })
  return { host, reload: () => host.reload(handle, cleanStores('2.0.0')), store }
}

/** A handoff that has nothing to hold its resource to. */
const asksNothing: Partial<HandoffStrategy<StoreProvider, Store, number>> = {
  checkCompat: () => ({ level: 'compatible' }),
  handoff(job, ctx) {
    const moved = storeStrategy('clean').handoff?.(job, ctx)
    if (moved === undefined) throw new Error('stores are handed over')
    return {
      ...moved,
      prepare: async () => {
        await moved.prepare?.()
        ctx.unjudged('there are no questions')
      },
    }
  },
}

const NO_CHECK = { level: 'unjudged', reason: 'the strategy of this surface has no checkCompat' }

describe('I6 I10 nothing is judged in silence', () => {
  it('a clean surface without live resources is compatible: the swap is all there is', async () => {
    await using host = new PluginHost({ strategies: [wordHandoff()], unjudged: 'refuse' })
    const handle = await host.add(wordPlugin('a', '1.0.0'))
    const { report } = await host.reload(handle, wordPlugin('a', '2.0.0'))
    expect(report.compat).toEqual([
      { surface: 'test-word', key: 'a', step: 'checkCompat', plugin: 'a@2.0.0', verdict: { level: 'compatible' } },
    ])
  })

  it('a live resource whose strategy has no check is reported as unjudged', async () => {
    const { host, reload } = await storeHost({})
    expect((await reload()).report.compat).toEqual([
      { surface: 'clean-store', key: 'stores', step: 'checkCompat', plugin: 'stores@2.0.0', verdict: NO_CHECK },
    ])
    await host[Symbol.asyncDispose]()
  })

  it.each(['contract', 'pre-copy', 'stop-and-copy'] as const)(
    'so is a %s surface without live resources: what they mean outlives them',
    async (discipline) => {
      await using host = new PluginHost({ strategies: [wordHandoff({ discipline })] })
      const handle = await host.add(wordPlugin('a', '1.0.0'))
      expect((await host.reload(handle, wordPlugin('a', '2.0.0'))).report.compat[0]?.verdict).toEqual(NO_CHECK)
    },
  )

  it('a check may say so itself, by its verdict or on the way', async () => {
    const { host, reload } = await storeHost({
      checkCompat: (_, ctx) => {
        ctx.unjudged('no samples')
        return { level: 'unjudged', reason: 'no documents' }
      },
    })
    expect((await reload()).report.compat.map(({ verdict }) => verdict)).toEqual([
      { level: 'unjudged', reason: 'no documents' },
      { level: 'unjudged', reason: 'no samples' },
    ])
    await host[Symbol.asyncDispose]()
  })

  it('a handoff may say so of its resource', async () => {
    const { host, reload } = await storeHost(asksNothing)
    expect((await reload()).report.compat).toEqual([
      {
        surface: 'clean-store',
        key: 'stores',
        step: 'checkCompat',
        plugin: 'stores@2.0.0',
        verdict: { level: 'compatible' },
      },
      {
        surface: 'clean-store',
        key: 'stores',
        step: 'handoff',
        resource: 'main',
        plugin: 'stores@2.0.0',
        verdict: { level: 'unjudged', reason: 'there are no questions' },
      },
    ])
    await host[Symbol.asyncDispose]()
  })

  it.each<[string, Partial<HandoffStrategy<StoreProvider, Store, number>>, object]>([
    ['the strategy has no check', {}, { phase: 'preflight', step: 'checkCompat' }],
    [
      'the check says so',
      { checkCompat: () => ({ level: 'unjudged', reason: 'no samples' }) },
      { phase: 'preflight', step: 'checkCompat' },
    ],
    [
      'the check says so on the way',
      {
        checkCompat: (_, ctx) => {
          ctx.unjudged('no samples')
          return { level: 'compatible' }
        },
      },
      { phase: 'preflight', step: 'checkCompat' },
    ],
    ['the handoff says so', asksNothing, { phase: 'prepare', resource: 'main' }],
  ])('O10 I3 a host that refuses what is not judged goes on with the old version: %s', async (_, strategy, where) => {
    const { host, reload, store } = await storeHost(strategy, 'refuse')
    const error = await refusalOf(reload())
    expect(error).toMatchObject({
      code: 'SCHEMA_INCOMPAT',
      surface: 'clean-store',
      key: 'stores',
      plugin: expect.stringContaining('stores@'),
      ...where,
    })
    expect(error.hint).toContain("unjudged: 'accept'")
    await store.write(1)
    expect(await store.use(({ by, entries }) => [by, entries])).toEqual(['stores@1.0.0', [1]])
    await host[Symbol.asyncDispose]()
  })

  it('a dispatcher says beforehand whether it would refuse', async () => {
    const [old, next] = [new StoreProvider('stores', '1'), new StoreProvider('stores', '2')].map((provider) =>
      new OldProviders().add(STORES.clean, provider),
    ) as [OldProviders, OldProviders]
    const strategy = { ...storeStrategy('clean'), discipline: 'contract' as const }
    for (const unjudged of ['accept', 'refuse'] as const) {
      const report = await new ReloadDispatcher([], { unjudged }).use(strategy).checkCompat(old, next)
      expect(report).toEqual({
        compatible: unjudged === 'accept',
        entries: [{ surface: 'clean-store', key: 'stores', step: 'checkCompat', verdict: NO_CHECK }],
      })
    }
  })
})

it('a strategy is told from which version to which, and whether it is a take-back', async () => {
  const told: unknown[] = []
  const strategy = storeStrategy('clean', {
    checkCompat: ({ transition }) => {
      told.push(transition)
      return { level: 'compatible' }
    },
    handoff(job, ctx) {
      told.push(job.transition)
      const moved = storeStrategy('clean').handoff?.(job, ctx)
      if (moved === undefined) throw new Error('stores are handed over')
      const { intact: _, ...copied } = moved
      return copied
    },
  })
  await using host = new PluginHost({ strategies: [strategy] })
  const handle = await host.add(cleanStores('1.0.0'))
  await host.attach(STORES.clean, openStore('main'))
  const { finalized } = await host.reload(handle, cleanStores('2.0.0'), {
    bake: { ms: 1, healthy: () => false },
  })
  expect((await finalized).status).toBe('taken-back')
  const [v1, v2] = [
    { id: 'stores', version: '1.0.0' },
    { id: 'stores', version: '2.0.0' },
  ]
  const [forward, back] = [
    { direction: 'forward', from: v1, to: v2 },
    { direction: 'back', from: v2, to: v1 },
  ]
  expect(told).toEqual([forward, forward, back, back])
})
