import {
  cleanHandoff,
  defineSurface,
  type HandoffStrategy,
  type Lease,
  type Lifetime,
  type LiveResource,
  type Plugin,
  PluginHost,
  type PluginHandle,
  preCopy,
  type ProviderChange,
  type ReloadOptions,
  type ReloadResult,
  type Surface,
} from '@uni/reload-core'
import { backgroundJobHandoff } from '@uni/reload-core/surfaces'
import { describe, expectTypeOf, it } from 'vitest'
import { wordKind } from '../fixtures/word.js'

interface Rows {
  readonly ids: readonly number[]
}
interface Index {
  probe(query: string, k: number): Promise<Rows>
  apply(changes: Rows): Promise<void>
  persist(): Promise<Uint8Array>
}
interface IndexBuild {
  finalize(): Promise<Index>
}
interface IndexProvider {
  readonly kind: string
  build(rows: Rows): IndexBuild
  open(image: Uint8Array): Promise<Index>
}

declare const indexKind: Surface<IndexProvider, Index, Rows>
declare const indexHandoff: () => HandoffStrategy<IndexProvider, Index, Rows>
declare const searchV1: Plugin, searchV2: Plugin
declare const rows: Rows
declare const app: {
  get(path: string, handler: (req: string) => Promise<Rows>): void
  post(path: string, handler: (req: Rows) => Promise<void>): void
}
declare const lease: Lease

const host = new PluginHost({ strategies: [indexHandoff()] })

describe('a clean strategy', () => {
  it('of a surface that takes writes says why none is lost', () => {
    // @ts-expect-error it says nothing
    expectTypeOf(() => cleanHandoff(indexKind)).returns.toEqualTypeOf<HandoffStrategy<IndexProvider, Index, Rows>>()
    // @ts-expect-error an overlap loses what is written to the old one
    expectTypeOf(() => cleanHandoff(indexKind, { cutover: 'overlap' })).toBeFunction()
    expectTypeOf(() => cleanHandoff(indexKind, { medium: 'shared' })).returns.toEqualTypeOf<
      HandoffStrategy<IndexProvider, Index, Rows>
    >()
    expectTypeOf(() => cleanHandoff(indexKind, { cutover: 'exclusive' })).toBeFunction()
    expectTypeOf(() => cleanHandoff(wordKind)).toBeFunction()
  })
})

describe('a strategy that is told of commits', () => {
  it('has the providers of its surface, by key', () => {
    const strategy: HandoffStrategy<IndexProvider, Index, Rows> = {
      ...indexHandoff(),
      committed({ added, replaced, removed }) {
        expectTypeOf({ added, removed }).toEqualTypeOf<{
          added: ReadonlyMap<string, IndexProvider>
          removed: ReadonlyMap<string, IndexProvider>
        }>()
        expectTypeOf(replaced).toEqualTypeOf<
          ReadonlyMap<string, { readonly old: IndexProvider; readonly next: IndexProvider }>
        >()
        // @ts-expect-error what is told of is not to be changed
        added.clear()
      },
    }
    expectTypeOf(strategy.committed).toEqualTypeOf<((change: ProviderChange<IndexProvider>) => void) | undefined>()
    backgroundJobHandoff({
      onSchedules: (changed) => expectTypeOf(changed).toEqualTypeOf<ReadonlyMap<string, string | undefined>>(),
    })
  })
})

describe("the host author's twenty lines", () => {
  it('have every type inferred from the surface', async () => {
    const search = await host.add(searchV1)
    expectTypeOf(search).toEqualTypeOf<PluginHandle>()
    const articles = await host.attach(indexKind, {
      name: 'articles',
      key: 'fulltext',
      open: async (p) => {
        expectTypeOf(p).toEqualTypeOf<IndexProvider>()
        return (await p.build(rows)).finalize()
      },
    })
    expectTypeOf(articles).toEqualTypeOf<LiveResource<Index, Rows>>()
    app.get('/search', async (req) => {
      using lease = host.capture()
      return await lease.resource(indexKind, 'articles').probe(req, 10)
    })
    app.post('/articles', (req) => articles.write(req))
    const result = await host.reload(search, searchV2)
    expectTypeOf(result).toEqualTypeOf<ReloadResult>()
    expectTypeOf(result.report.handoffs[0]?.replayedWrites).toEqualTypeOf<number | undefined>()
    expectTypeOf(result.resources(indexKind)).toEqualTypeOf<ReadonlyMap<string, Index>>()
  })

  it('and so have leases', () => {
    expectTypeOf(lease.get(indexKind, 'fulltext')).toEqualTypeOf<IndexProvider>()
    expectTypeOf(lease.find(indexKind, 'fulltext')).toEqualTypeOf<IndexProvider | undefined>()
    expectTypeOf(lease.all(indexKind)).toEqualTypeOf<readonly IndexProvider[]>()
    expectTypeOf(lease.resource(indexKind, 'articles')).toEqualTypeOf<Index>()
    expectTypeOf(host.acquire(indexKind, 'fulltext').provider).toEqualTypeOf<IndexProvider>()
    expectTypeOf(
      host.captureReady({
        uses: [
          { surface: indexKind, key: 'fulltext' },
          { surface: indexKind, resource: 'articles' },
        ],
      }),
    ).toEqualTypeOf<Promise<Lease>>()
    expectTypeOf(host.captureReady({ uses: 'everything', label: 'a backup' })).toEqualTypeOf<Promise<Lease>>()
  })

  it('a surface without resources gives none', () => {
    expectTypeOf(lease.resource(wordKind, 'any')).toBeNever()
    expectTypeOf(lease.get(wordKind, 'any').say()).toEqualTypeOf<string>()
  })
})

describe('wrong uses do not compile', () => {
  it('of live resources', () => {
    const articles = {} as LiveResource<Index, Rows>
    // @ts-expect-error a write of this surface is Rows
    void (() => articles.write('a row'))
    // @ts-expect-error a write is data, never a closure
    void (() => articles.write((index: Index) => index.apply(rows)))
    // @ts-expect-error the provider builds an index, and this is the build
    void (() => host.attach(indexKind, { name: 'articles', key: 'fulltext', open: (p) => p.build(rows) }))
    // @ts-expect-error the provider has no such method
    void (() => host.attach(indexKind, { name: 'articles', key: 'fulltext', open: (p) => p.create() }))
    // @ts-expect-error the name is missing
    void (() => host.attach(indexKind, { key: 'fulltext', open: (p) => p.open(new Uint8Array()) }))
    // @ts-expect-error an index cannot say a word
    void (() => lease.get(indexKind, 'fulltext').say())
    expectTypeOf(articles.use(async (index) => (await index.probe('x', 1)).ids)).toEqualTypeOf<
      Promise<readonly number[]>
    >()
  })

  it('of providers', () => {
    const plugin: Plugin = {
      manifest: { id: 'a', version: '1.0.0' },
      register(registrar) {
        registrar.provide(wordKind, { name: 'a', say: () => 'a' })
        // @ts-expect-error a word is not an index provider
        registrar.provide(indexKind, { name: 'a', say: () => 'a' })
        // @ts-expect-error it has to say a string
        registrar.provide(wordKind, { name: 'a', say: () => 1 })
      },
    }
    expectTypeOf(plugin.init).toEqualTypeOf<Plugin['init']>()
    // @ts-expect-error a plugin registers
    const incomplete: Plugin = { manifest: { id: 'a', version: '1.0.0' } }
    // @ts-expect-error a manifest has a version
    const unversioned: Plugin = { manifest: { id: 'a' }, register() {} }
    expectTypeOf([incomplete, unversioned]).toEqualTypeOf<Plugin[]>()
  })

  it('of surfaces and strategies', () => {
    // @ts-expect-error `methods` names methods of the provider
    void (() => defineSurface<IndexProvider, Index, Rows>({ id: 'x', keyOf: (p) => p.kind, methods: ['close'] }))
    // @ts-expect-error a key is a string
    void (() => defineSurface<IndexProvider>({ id: 'x', keyOf: (p) => p.build }))
    const strategy: HandoffStrategy<IndexProvider, Index, Rows> = {
      surface: indexKind,
      discipline: 'pre-copy',
      handoff: (job, ctx) =>
        preCopy(job, ctx, { snapshot: (index) => index.persist(), restore: (provider, image) => provider.open(image) }),
    }
    const mixed: HandoffStrategy<IndexProvider, Index, Rows>['handoff'] = (job, ctx) =>
      // @ts-expect-error the image is bytes, and the provider opens bytes
      preCopy(job, ctx, { snapshot: () => 1, restore: (provider, image) => provider.open(image) })
    expectTypeOf([strategy.handoff, mixed]).toEqualTypeOf<HandoffStrategy<IndexProvider, Index, Rows>['handoff'][]>()
  })

  it('of options', () => {
    const withUndefined: ReloadOptions = { signal: undefined }
    // @ts-expect-error there is no such cutover
    const cutover: ReloadOptions = { cutover: 'gradual' }
    // @ts-expect-error there is no such policy
    const drain: ReloadOptions = { drain: { onDeadline: 'ignore' } }
    // @ts-expect-error nobody reads it
    const unknown: ReloadOptions = { dryrun: true }
    expectTypeOf([withUndefined, cutover, drain, unknown]).toEqualTypeOf<ReloadOptions[]>()
    // @ts-expect-error a label is a string
    void (() => host.capture({ label: 1 }))
    // @ts-expect-error a handle names a plugin and a generation
    void (() => host.reload('search', searchV2))
    // @ts-expect-error the current handle may be missing
    void (() => host.reload(host.plugin('search'), searchV2))
    // @ts-expect-error it does not say what it will use
    void (() => host.captureReady())
    // @ts-expect-error nor does this
    void (() => host.captureReady({ label: 'a backup' }))
    // @ts-expect-error there is no such word
    void (() => host.captureReady({ uses: 'all' }))
    // @ts-expect-error a use is of a surface
    void (() => host.captureReady({ uses: [{ key: 'fulltext' }] }))
    // @ts-expect-error a host has strategies
    void (() => new PluginHost({}))
  })
})

describe("a version's lifetime", () => {
  it('can be taken apart, and takes whatever disposes of something', () => {
    expectTypeOf<Plugin['register']>().parameter(0).toExtend<Lifetime>()
    expectTypeOf<Parameters<NonNullable<Plugin['init']>>[0]>().toExtend<Lifetime>()
    const init = ({ lifetime, onDispose }: Lifetime): void => {
      expectTypeOf(lifetime).toEqualTypeOf<AbortSignal>()
      const known = new Set<number>()
      expectTypeOf(onDispose(() => known.delete(1))).toEqualTypeOf<() => void>()
      onDispose(async (signal) => {
        expectTypeOf(signal).toEqualTypeOf<AbortSignal>()
      })
      // @ts-expect-error it is called with a signal, not with a callback
      onDispose((done: () => void) => {
        done()
      })
    }
    expectTypeOf(init).toExtend<NonNullable<Plugin['init']>>()
  })
})
