import { OldProviders, PluginHost, ReloadDispatcher, ReloadKindHandlers, type Cutover } from '@uni/reload-core'
import { ManualClock } from '@uni/reload-core/testing'
import { describe, expect, it } from 'vitest'
import { Deferred, turn } from '../fixtures/deferred.js'
import { refusalOf } from '../fixtures/refusal.js'
import { cleanStores, openStore, type StorePlugin } from '../fixtures/store-plugin.js'
import { STORES, StoreProvider, storeStrategy } from '../fixtures/store.js'
import { TestPlugin } from '../fixtures/test-plugin.js'
import { wordHandoff, wordKind, wordPlugin } from '../fixtures/word.js'

class SayingProvider extends StoreProvider {
  readonly says: Cutover

  constructor(version: string, says: Cutover, key = 'stores') {
    super(key, version)
    this.says = says
  }
}

const saying = storeStrategy('clean', { cutover: (provider) => (provider as SayingProvider).says })
const both = (version: string, kind: StoreProvider, store: StoreProvider): TestPlugin =>
  new TestPlugin('both', version, {
    register: (registrar) => {
      registrar.provide(STORES.clean, kind).provide(STORES['pre-copy'], store)
    },
  })
const stores = (version: string, says: Cutover, id = 'stores', key = id): StorePlugin =>
  cleanStores(version, { id, provider: new SayingProvider(version, says, key) })

describe('a provider that says that it is exclusive', () => {
  it.each([
    ['the old one', 'exclusive', 'overlap', 'overlap', 'old provider'],
    ['the new one', 'overlap', 'exclusive', 'overlap', 'new provider'],
    ['both', 'exclusive', 'exclusive', 'overlap', 'old provider'],
    ['both, and the caller', 'exclusive', 'exclusive', 'exclusive', 'caller'],
  ] as const)(
    'C1 C3 fences its plugin and moves so, and the report says who asked: %s',
    async (_, old, next, asked, cutoverBy) => {
      const host = new PluginHost({ strategies: [saying] })
      const first = stores('1.0.0', old)
      const handle = await host.add(first)
      await host.attach(STORES.clean, openStore('main'))
      const second = stores('2.0.0', next)
      const open = second.provider.open.bind(second.provider)
      second.provider.open = () => {
        expect(first.made[0]?.closed).toBe(1)
        return open()
      }
      const { report } = await host.reload(handle, second, { cutover: asked })
      expect(report).toMatchObject({ cutover: 'exclusive', handoffs: [{ cutover: 'exclusive', cutoverBy }] })
      expect(report.phases).toHaveProperty('fence')
    },
  )

  it('asks for nothing where none of its resources is open: then an overlap goes as ever', async () => {
    const host = new PluginHost({ strategies: [saying] })
    const { report, handle } = await host.reload(
      await host.add(stores('1.0.0', 'exclusive')),
      stores('2.0.0', 'exclusive'),
    )
    expect({ cutover: report.cutover, fence: report.phases.fence }).toEqual({ cutover: 'overlap', fence: undefined })
    const next = await host.reload(handle, stores('3.0.0', 'overlap'))
    await host.attach(STORES.clean, openStore('main'))
    expect((await host.reload(next.handle, stores('4.0.0', 'overlap'))).report).toMatchObject({
      cutover: 'overlap',
      handoffs: [{ cutover: 'overlap', cutoverBy: undefined }],
    })
  })

  describe('O5 C2 an attach of a resource that may overlap, beside one that may not', () => {
    const surface = STORES['pre-copy']

    async function besideExclusive() {
      const host = new PluginHost({ strategies: [saying, storeStrategy('pre-copy')] })
      const [old, next] = [new StoreProvider('only', '1'), new StoreProvider('only', '2')]
      const handle = await host.add(both('1.0.0', new SayingProvider('1', 'exclusive'), old))
      await host.attach(STORES.clean, openStore('main'))
      const reload = () => host.reload(handle, both('2.0.0', new SayingProvider('2', 'overlap'), next))
      return { host, old, next, reload }
    }

    it('in whichever turn of the reload it begins, leaves nothing with the version that goes', async () => {
      for (let turns = 0; turns < 60; turns += 1) {
        const { host, old, reload } = await besideExclusive()
        const reloading = reload()
        for (let at = 0; at < turns; at += 1) await Promise.resolve()
        const late = await host.attach(surface, openStore('late', 'only'))
        await (
          await reloading
        ).finalized
        await late.write(1)
        expect(host.resources(), `attached after ${turns} turns`).toMatchObject([
          { name: 'main', plugin: 'both@2.0.0' },
          { name: 'late', plugin: 'both@2.0.0' },
        ])
        expect(old.made.filter(({ closed }) => closed !== 1)).toEqual([])
      }
    })

    it('I7 that began while the reload waited for another open is waited for by the fence, and opens again', async () => {
      const { host, old, next, reload } = await besideExclusive()
      const opens = [new Deferred(), new Deferred()]
      const attaching = opens.map((opened, at) =>
        host.attach.bind(host, surface, {
          name: `late ${at}`,
          key: 'only',
          open: async (provider: StoreProvider) => {
            const store = await provider.open()
            await opened.promise
            return store
          },
        }),
      )
      const first = attaching[0]?.()
      const reloading = reload()
      await turn()
      const second = attaching[1]?.()
      opens[0]?.resolve()
      await first
      await turn()
      expect(host.plugins()).toMatchObject([{ heldBy: [{ label: 'attach late 1' }] }])
      opens[1]?.resolve()
      await (
        await reloading
      ).finalized
      await second
      expect(old.made.map(({ closed }) => closed)).toEqual([1, 1])
      // Only the first one was handed over.
      expect(old.images).toHaveLength(1)
      expect(next.made.map(({ closed }) => closed)).toEqual([0, 0])
    })
  })

  it('C2 I11 fences its own plugin, and no other one of the same reload; a resource beside it that may overlap does', async () => {
    const host = new PluginHost({ strategies: [saying, wordHandoff(), storeStrategy('pre-copy')] })
    const surface = STORES['pre-copy']
    const store = new StoreProvider('only', '1')
    const [one, words] = [
      await host.add(both('1.0.0', new SayingProvider('1', 'exclusive'), store)),
      await host.add(wordPlugin('words', '1.0.0')),
    ]
    await host.attach(STORES.clean, openStore('main'))
    await host.attach(surface, openStore('copied', 'only'))
    const lease = host.capture({ label: 'before' })
    const reloading = host.reloadAll([
      { handle: one, plugin: both('2.0.0', new SayingProvider('2', 'exclusive'), new StoreProvider('only', '2')) },
      { handle: words, plugin: wordPlugin('words', '2.0.0') },
    ])
    await turn()
    using during = host.capture()
    expect(during.get(wordKind, 'words').say()).toBe('words@1.0.0')
    expect((await refusalOf(() => during.get(STORES.clean, 'stores'))).code).toBe('SURFACE_FENCED')
    lease[Symbol.dispose]()
    const [first, second] = await reloading
    expect(first?.report.handoffs).toMatchObject([
      { resource: 'main', cutover: 'exclusive' },
      { resource: 'copied', cutover: 'overlap' },
    ])
    expect({ firstCutover: first?.report.cutover, secondCutover: second?.report.cutover }).toEqual({
      firstCutover: 'exclusive',
      secondCutover: 'overlap',
    })
    expect(store.made[0]?.closed).toBe(0)
  })

  it('I9 names who holds it, and that it was the provider who asked', async () => {
    const clock = new ManualClock()
    const host = new PluginHost({ strategies: [saying], clock, drain: { deadlineMs: 100 } })
    const handle = await host.add(stores('1.0.0', 'exclusive'))
    await host.attach(STORES.clean, openStore('main'))
    using _lease = host.capture({ label: 'a long query' })
    const refusal = refusalOf(host.reload(handle, stores('2.0.0', 'overlap')))
    await turn()
    clock.advance(100)
    const { code, message } = await refusal
    expect(code).toBe('DRAIN_TIMEOUT')
    expect(message).toContain('a long query')
    expect(message).toContain('clean-store "stores" takes an exclusive cutover, as its old provider says')
  })

  it('is stopped before its successor is opened by a dispatcher too', async () => {
    const [before, after] = [new SayingProvider('1', 'exclusive'), new SayingProvider('2', 'overlap')]
    const outcome = await new ReloadDispatcher([saying]).dispatch({
      old: new OldProviders().add(STORES.clean, before),
      next: new OldProviders().add(STORES.clean, after),
      handlers: new ReloadKindHandlers().add(STORES.clean, {
        name: 'a',
        key: 'stores',
        resource: before.open() as never,
        open: (provider) => provider.open(),
      }),
    })
    expect(before.made[0]?.closed).toBe(1)
    expect(outcome.report).toMatchObject([{ cutover: 'exclusive', cutoverBy: 'old provider' }])
    await outcome.rollback()
  })

  it.each<[string, () => unknown, string]>([
    [
      'throws',
      () => {
        throw new Error('nobody knows')
      },
      'nobody knows',
    ],
    [
      'gives what is no cutover',
      () => 'Exclusive',
      `the strategy's cutover() gave "Exclusive"; expected 'overlap' or 'exclusive'`,
    ],
    ['gives nothing', () => undefined, 'gave a value of type undefined'],
  ])('C1 I3 refuses the reload, with nothing moved, where it %s', async (_, cutover, message) => {
    const host = new PluginHost({ strategies: [storeStrategy('clean', { cutover: cutover as () => Cutover })] })
    const first = cleanStores('1.0.0')
    const handle = await host.add(first)
    const store = await host.attach(STORES.clean, openStore('main'))
    expect(await refusalOf(host.reload(handle, cleanStores('2.0.0')))).toMatchObject({
      code: 'HANDOFF',
      phase: 'preflight',
      step: 'cutover',
      surface: 'clean-store',
      key: 'stores',
      resource: 'main',
      message: expect.stringContaining(message) as string,
    })
    await store.write(1)
    expect(first.made).toMatchObject([{ entries: [1], closed: 0 }])
  })
})

describe('what cannot be opened beside the old one', () => {
  it('C6 is told with its cause, and what to declare', async () => {
    const host = new PluginHost({ strategies: [storeStrategy('clean')] })
    const handle = await host.add(cleanStores('1.0.0'))
    await host.attach(STORES.clean, openStore('main'))
    const next = cleanStores('2.0.0')
    next.provider.open = () => {
      throw new Error('Database failed to open', {
        cause: Object.assign(new Error('IO error: lock LOCK'), { code: 'LEVEL_LOCKED' }),
      })
    }
    const { message } = await refusalOf(host.reload(handle, next))
    expect(message).toContain(
      'prepare/open): Database failed to open: IO error: lock LOCK. It looks as if only one may hold this at a time',
    )
    expect(message).toContain("reload with cutover: 'exclusive'")
    next.provider.open = () => {
      throw new Error('corrupt')
    }
    expect((await refusalOf(host.reload(handle, next))).message).toContain(
      'corrupt. The old version goes on serving. Correct the new one',
    )
  })
})
