import { PluginHost, Slices, type Plugin, type PluginHandle, type ReloadEvent } from '@uni/reload-core'
import { buildIndex, indexHandoff, indexKind, type IndexContext, type IndexKindProvider } from '@uni/reload-index'
import { fileSpool } from '@uni/reload-index/node'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { changes, doc, docs, query, rowsOf } from './fixtures/batches.js'
import { pause } from './fixtures/deferred.js'
import { temporaryDirectory } from './fixtures/directory.js'
import { idsIn } from './fixtures/full-text-handle.js'
import { FullTextV1 } from './fixtures/full-text-v1.js'
import { FullTextV2 } from './fixtures/full-text-v2.js'
import { plainHandle, plainKind } from './fixtures/plain-index.js'
import { failureOf } from './fixtures/reload.js'

const plugin = (version: string, provider: IndexKindProvider): Plugin => ({
  manifest: { id: 'search', version },
  register: (registrar) => {
    registrar.provide(indexKind, provider)
  },
})

test('what persists an index, and what opens it, cuts its work at the pace that the host has set', async () => {
  const due: Record<string, boolean> = {}
  const kind = plainKind((_, ctx) => {
    due['open'] = ctx.slices().due()
    return plainHandle()
  })
  await using host = new PluginHost({ strategies: [indexHandoff()], pace: { sliceMs: Number.MIN_VALUE } })
  const search = await host.add(plugin('1.0.0', kind))
  const persist = (ctx: IndexContext): Uint8Array => {
    due['persist'] = ctx.slices().due()
    return new Uint8Array([1])
  }
  await host.attach(indexKind, { name: 'live', key: 'plain', open: () => plainHandle({ persist }) })
  await host.reload(search, plugin('2.0.0', kind))
  // A slice of no length is over at once, and one of the default length is not.
  expect(due).toEqual({ persist: true, open: true })
})

test('whatever a reload does with an index keeps the pace that the host has set', async () => {
  const asked = query('*')
  const kind: IndexKindProvider = {
    ...plainKind(async (image) => {
      await image.bytes()
      return plainHandle()
    }),
    build: async () => ({ finalize: async () => plainHandle() }),
    samples: () => [{ source: rowsOf(docs(1)), queries: [asked] }],
  }
  await using host = new PluginHost({
    strategies: [indexHandoff({ canary: { queries: [asked] } })],
    pace: { sliceMs: Number.MIN_VALUE },
  })
  const search = await host.add(plugin('1.0.0', kind))
  for (const snapshot of ['isolated', undefined] as const)
    await host.attach(indexKind, {
      name: `${snapshot}`,
      key: 'plain',
      open: () =>
        plainHandle({
          persist: async function* () {
            yield new Uint8Array([1])
            yield new Uint8Array([2])
          },
          ...(snapshot && { snapshot }),
        }),
    })
  // Slices of the host's pace know by themselves whether they are over.
  const due = vi.spyOn(Slices.prototype, 'due')
  onTestFinished(() => due.mockRestore())
  const { report } = await host.reload(search, plugin('2.0.0', kind))
  expect(report.handoffs).toHaveLength(2)
  expect(due).not.toHaveBeenCalled()
})

describe('an index that serves, and is given back as another one', () => {
  const live = plainHandle()
  const sampled = (over: Partial<IndexKindProvider>): IndexKindProvider => ({
    ...plainKind(() => plainHandle()),
    samples: () => [{ source: rowsOf(docs(1)), queries: [query('*')] }],
    ...over,
  })

  test.each<[string, Partial<IndexKindProvider>, Partial<IndexKindProvider>, string]>([
    ['opens of a sample', {}, { open: async () => live }, 'open sample 0'],
    [
      'opens of a sample, without its methods',
      {},
      { open: async () => Object.assign(live, { persist: 1 }) },
      'open sample 0',
    ],
    ['built of a sample', { build: async () => ({ append() {}, finalize: async () => live }) }, {}, 'build sample 0'],
  ])('I7, X2, X13: that a version %s is refused, and not closed', async (_, old, next, step) => {
    Object.assign(live, plainHandle())
    const host = new PluginHost({ strategies: [indexHandoff({ checkSchema: false })] })
    const search = await host.add(plugin('1.0.0', sampled(old)))
    await host.attach(indexKind, { name: 'live', key: 'plain', open: () => live })
    expect(await failureOf(host.reload(search, plugin('2.0.0', sampled(next))))).toMatchObject({
      code: 'DUPLICATE',
      phase: 'preflight',
      step,
      details: { resource: 'live', plugin: 'search@1.0.0' },
    })
    expect(live.closes).toBe(0)
    live.persist = plainHandle().persist
    await host[Symbol.asyncDispose]()
  })

  test('I7, X2: that a handoff is given without its methods is refused, and not closed', async () => {
    const other = plainHandle()
    await using host = new PluginHost({ strategies: [indexHandoff({ checkSchema: false })] })
    const search = await host.add(
      plugin(
        '1.0.0',
        plainKind(() => plainHandle()),
      ),
    )
    for (const handle of [plainHandle(), other]) {
      await host.attach(indexKind, { name: handle === other ? 'other' : 'live', key: 'plain', open: () => handle })
    }
    const probe = other.probe
    other.probe = undefined as never
    const failure = await failureOf(
      host.reload(
        search,
        plugin(
          '2.0.0',
          plainKind(() => other),
        ),
      ),
    )
    other.probe = probe
    expect(failure).toMatchObject({ code: 'DUPLICATE', phase: 'prepare', step: 'open', details: { resource: 'other' } })
    expect(other.closes).toBe(0)
  })
})

describe('through a host', () => {
  test('I1, I2, I4, I7: queries and commits go on while the plugin is reloaded', async () => {
    await using directory = await temporaryDirectory()
    const events: ReloadEvent[] = []
    await using host = new PluginHost({
      strategies: [indexHandoff({ canary: { queries: [query('d3')] }, spool: fileSpool(directory.path) })],
      observer: (event) => {
        events.push(event)
      },
    })
    const opening = pause()
    const old = new FullTextV1({ persistAs: 'stream' })
    const next = new FullTextV2({ readAs: 'file', onOpen: opening.step })
    const search = await host.add(plugin('1.0.0', old))
    const articles = await host.attach(indexKind, {
      name: 'articles',
      key: 'fulltext',
      open: (kind) => buildIndex(kind, rowsOf(docs(30))),
    })
    await articles.write(changes({ upsert: [doc('before')] }))

    const lease = host.capture({ label: 'a long query' })
    const reloading = host.reload(search, plugin('2.0.0', next))
    await opening.reached
    await articles.write(changes({ upsert: [doc('during')], remove: ['d0'] }))
    {
      using during = host.capture()
      expect(during.resource(indexKind, 'articles')).toBe(old.handles[0])
    }
    opening.goOn()
    const result = await reloading
    expect(result).toMatchObject({ status: 'committed', report: { from: '1.0.0', to: '2.0.0', replayedWrites: 1 } })
    expect(result.resources(indexKind).get('articles')).toBe(next.handles[0])

    expect(lease.resource(indexKind, 'articles')).toBe(old.handles[0])
    expect(old.handles[0]?.closes).toBe(0)
    lease[Symbol.dispose]()
    expect(await result.finalized).toMatchObject({ status: 'finalized', errors: [] })
    expect(old.handles.map(({ closes }) => closes)).toEqual([1])
    expect(await directory.list()).toEqual([])

    await articles.write(changes({ upsert: [doc('after')] }))
    const ids = await articles.use((handle) => idsIn(handle, query('*')))
    expect(ids).toEqual(
      [
        ...docs(30)
          .slice(1)
          .map(({ id }) => id),
        'before',
        'during',
        'after',
      ].sort(),
    )
    expect(events.length).toBeGreaterThan(0)
  })

  test('I3: a version that cannot read the old bytes changes nothing', async () => {
    await using host = new PluginHost({ strategies: [indexHandoff()] })
    const old = new FullTextV1()
    const search = await host.add(plugin('1.0.0', old))
    const articles = await host.attach(indexKind, {
      name: 'articles',
      key: 'fulltext',
      open: (kind) => buildIndex(kind, rowsOf(docs(3))),
    })
    const broken: IndexKindProvider = {
      kind: 'fulltext',
      build: (source) => old.build(source),
      open: () => {
        throw new Error('bad magic')
      },
    }
    const error = await failureOf(host.reload(search, plugin('2.0.0', broken)))
    expect(error).toMatchObject({
      code: 'HANDOFF',
      phase: 'prepare',
      step: 'open',
      key: 'fulltext',
      resource: 'articles',
    })
    expect(host.plugin('search')).toEqual<PluginHandle>(search)
    await articles.write(changes({ remove: ['d1'] }))
    expect(await articles.use((handle) => idsIn(handle, query('*')))).toEqual(['d0', 'd2'])
    expect(old.handles.map(({ closes }) => closes)).toEqual([0])
  })

  test('I3, X16: an exclusive reload that fails gives the index back', async () => {
    await using host = new PluginHost({ strategies: [indexHandoff()] })
    const old = new FullTextV1()
    const search = await host.add(plugin('1.0.0', old))
    const articles = await host.attach(indexKind, {
      name: 'articles',
      key: 'fulltext',
      open: (kind) => buildIndex(kind, rowsOf(docs(3))),
    })
    const broken: IndexKindProvider = {
      kind: 'fulltext',
      build: (source) => old.build(source),
      open: () => {
        throw new Error('bad magic')
      },
    }
    await failureOf(host.reload(search, plugin('2.0.0', broken), { cutover: 'exclusive' }))
    using lease = host.capture()
    expect(lease.resource(indexKind, 'articles')).toBe(old.handles[1])
    expect(await articles.use((handle) => idsIn(handle, query('*')))).toEqual(['d0', 'd1', 'd2'])
    expect(old.handles.map(({ closes }) => closes)).toEqual([1, 0])
  })

  test.for([
    ['I7: is closed once, if it can be', 1],
    ['or has nothing to be closed', undefined],
  ] as const)('an index that is detached %s', async ([, closes]) => {
    await using host = new PluginHost({ strategies: [indexHandoff()] })
    await host.add(
      plugin(
        '1.0.0',
        plainKind(() => plainHandle()),
      ),
    )
    const handle = plainHandle(closes === undefined ? { close: undefined } : {})
    const index = await host.attach(indexKind, { name: 'index', key: 'plain', open: () => handle })
    await expect((await index.detach()).finalized).resolves.toBeUndefined()
    expect(handle.closes).toBe(closes ?? 0)
  })

  test('X2: a provider without open is refused when it registers', async () => {
    await using host = new PluginHost({ strategies: [indexHandoff()] })
    const error = await failureOf(host.add(plugin('1.0.0', { kind: 'fulltext', build: () => {} } as never)))
    expect(error).toMatchObject({ code: 'PLUGIN', surface: 'index-kind' })
    expect(error.message).toMatch(/open/)
  })
})
