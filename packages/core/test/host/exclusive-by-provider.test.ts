import { OldProviders, PluginHost, ReloadDispatcher, ReloadKindHandlers, type Cutover } from '@uni/reload-core'
import { ManualClock } from '@uni/reload-core/testing'
import { describe, expect, it } from 'vitest'
import { cellHandoff, cellKind, CellKind, CellPlugin, openCell, type CellProvider } from '../fixtures/cell.js'
import { turn } from '../fixtures/deferred.js'
import { refusalOf } from '../fixtures/refusal.js'
import { STORES, StoreProvider, storeStrategy } from '../fixtures/store.js'
import { TestPlugin } from '../fixtures/test-plugin.js'
import { wordHandoff, wordKind, wordPlugin } from '../fixtures/word.js'

class SayingKind extends CellKind {
  readonly says: Cutover

  constructor(by: string, says: Cutover, kind = 'cell') {
    super(by, kind)
    this.says = says
  }
}

const saying = cellHandoff({ cutover: (provider) => (provider as SayingKind).says })
const cells = (version: string, says: Cutover, id = 'cells', kind = 'cell'): CellPlugin =>
  new CellPlugin(id, version, { kind: new SayingKind(`${id}@${version}`, says, kind) })

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
      const first = cells('1.0.0', old)
      const handle = await host.add(first)
      await host.attach(cellKind, openCell('main'))
      const second = cells('2.0.0', next)
      const open = second.kind.open.bind(second.kind)
      second.kind.open = () => {
        expect(first.opened[0]?.closed).toBe(1)
        return open()
      }
      const { report } = await host.reload(handle, second, { cutover: asked })
      expect(report).toMatchObject({ cutover: 'exclusive', handoffs: [{ cutover: 'exclusive', cutoverBy }] })
      expect(report.phases).toHaveProperty('fence')
    },
  )

  it('asks for nothing where no resource of its is open, and an overlap is what it was', async () => {
    const host = new PluginHost({ strategies: [saying] })
    const { report, handle } = await host.reload(
      await host.add(cells('1.0.0', 'exclusive')),
      cells('2.0.0', 'exclusive'),
    )
    expect([report.cutover, report.phases.fence]).toEqual(['overlap', undefined])
    const next = await host.reload(handle, cells('3.0.0', 'overlap'))
    await host.attach(cellKind, openCell('main'))
    expect((await host.reload(next.handle, cells('4.0.0', 'overlap'))).report).toMatchObject({
      cutover: 'overlap',
      handoffs: [{ cutover: 'overlap', cutoverBy: undefined }],
    })
  })

  it('C2 I11 fences its own plugin, and no other one of the same reload; a resource beside it that may overlap does', async () => {
    const host = new PluginHost({ strategies: [saying, wordHandoff(), storeStrategy('pre-copy')] })
    const surface = STORES['pre-copy']
    const both = (version: string, kind: CellProvider, store: StoreProvider): TestPlugin =>
      new TestPlugin('both', version, {
        register: (registrar) => {
          registrar.provide(cellKind, kind).provide(surface, store)
        },
      })
    const store = new StoreProvider('only', '1')
    const [one, words] = [
      await host.add(both('1.0.0', new SayingKind('1', 'exclusive'), store)),
      await host.add(wordPlugin('words', '1.0.0')),
    ]
    await host.attach(cellKind, openCell('main'))
    await host.attach(surface, { name: 'copied', key: 'only', open: (provider) => provider.open(undefined) })
    const lease = host.capture({ label: 'before' })
    const reloading = host.reloadAll([
      { handle: one, plugin: both('2.0.0', new SayingKind('2', 'exclusive'), new StoreProvider('only', '2')) },
      { handle: words, plugin: wordPlugin('words', '2.0.0') },
    ])
    await turn()
    using during = host.capture()
    expect(during.get(wordKind, 'words').say()).toBe('words@1.0.0')
    expect((await refusalOf(() => during.get(cellKind, 'cell'))).code).toBe('SURFACE_FENCED')
    lease[Symbol.dispose]()
    const [first, second] = await reloading
    expect(first?.report.handoffs).toMatchObject([
      { resource: 'main', cutover: 'exclusive' },
      { resource: 'copied', cutover: 'overlap' },
    ])
    expect([first?.report.cutover, second?.report.cutover]).toEqual(['exclusive', 'overlap'])
    expect(store.made[0]?.closed).toBe(0)
  })

  it('I9 names who holds it, and that it was the provider who asked', async () => {
    const clock = new ManualClock()
    const host = new PluginHost({ strategies: [saying], clock, drain: { deadlineMs: 100 } })
    const handle = await host.add(cells('1.0.0', 'exclusive'))
    await host.attach(cellKind, openCell('main'))
    using _lease = host.capture({ label: 'a long query' })
    const refusal = refusalOf(host.reload(handle, cells('2.0.0', 'overlap')))
    await turn()
    clock.advance(100)
    const { code, message } = await refusal
    expect(code).toBe('DRAIN_TIMEOUT')
    expect(message).toContain('a long query')
    expect(message).toContain('test-cell "cell" takes an exclusive cutover, as its old provider says')
  })

  it('is stopped before its successor is opened by a dispatcher too', async () => {
    const [before, after] = [new SayingKind('1', 'exclusive'), new SayingKind('2', 'overlap')]
    const outcome = await new ReloadDispatcher([saying]).dispatch({
      old: new OldProviders().add(cellKind, before),
      next: new OldProviders().add(cellKind, after),
      handlers: new ReloadKindHandlers().add(cellKind, {
        name: 'a',
        key: 'cell',
        resource: before.open() as never,
        open: (provider) => provider.open(),
      }),
    })
    expect(before.opened[0]?.closed).toBe(1)
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
    const host = new PluginHost({ strategies: [cellHandoff({ cutover: cutover as () => Cutover })] })
    const first = new CellPlugin('cells', '1.0.0')
    const handle = await host.add(first)
    const cell = await host.attach(cellKind, openCell('main'))
    expect(await refusalOf(host.reload(handle, new CellPlugin('cells', '2.0.0')))).toMatchObject({
      code: 'HANDOFF',
      phase: 'preflight',
      step: 'cutover',
      surface: 'test-cell',
      key: 'cell',
      resource: 'main',
      message: expect.stringContaining(message) as string,
    })
    await cell.write(1)
    expect(first.opened).toMatchObject([{ values: [1], closed: 0 }])
  })
})

describe('what cannot be opened beside the old one', () => {
  it('C6 is told with its cause, and what to declare', async () => {
    const host = new PluginHost({ strategies: [cellHandoff()] })
    const handle = await host.add(new CellPlugin('cells', '1.0.0'))
    await host.attach(cellKind, openCell('main'))
    const next = new CellPlugin('cells', '2.0.0')
    next.kind.open = () => {
      throw new Error('Database failed to open', {
        cause: Object.assign(new Error('IO error: lock LOCK'), { code: 'LEVEL_LOCKED' }),
      })
    }
    const { message } = await refusalOf(host.reload(handle, next))
    expect(message).toContain(
      'prepare/open): Database failed to open: IO error: lock LOCK. It looks as if only one may hold this at a time',
    )
    expect(message).toContain("reload with cutover: 'exclusive'")
    next.kind.open = () => {
      throw new Error('corrupt')
    }
    expect((await refusalOf(host.reload(handle, next))).message).toContain(
      'corrupt. The old version goes on serving. Correct the new one',
    )
  })
})
