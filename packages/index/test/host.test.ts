import { PluginHost, type Plugin, type PluginHandle, type ReloadEvent } from '@uni/reload-core'
import { buildIndex, indexHandoff, indexKind, type IndexKindProvider } from '@uni/reload-index'
import { fileSpool } from '@uni/reload-index/node'
import { describe, expect, test } from 'vitest'
import { changes, doc, docs, query, rowsOf } from './fixtures/batches.js'
import { pause } from './fixtures/deferred.js'
import { temporaryDirectory } from './fixtures/directory.js'
import { idsIn } from './fixtures/full-text-handle.js'
import { FullTextV1 } from './fixtures/full-text-v1.js'
import { FullTextV2 } from './fixtures/full-text-v2.js'
import { plainHandle, plainKind } from './fixtures/plain-index.js'
import { failureOf } from './fixtures/reload.js'

const plugin = (version: string, provider: IndexKindProvider): Plugin =>
  ({ manifest: { id: 'search', version }, register: (registrar) => { registrar.provide(indexKind, provider) } })

describe('through a host', () => {
  test('I1, I2, I4, I7: queries and commits go on while the plugin is reloaded', async () => {
    await using directory = await temporaryDirectory()
    const events: ReloadEvent[] = []
    await using host = new PluginHost({
      strategies: [indexHandoff({ canary: { queries: [query('d3')] }, spool: fileSpool(directory.path) })], observer: (event) => { events.push(event) },
    })
    const opening = pause()
    const old = new FullTextV1({ persistAs: 'stream' })
    const next = new FullTextV2({ readAs: 'file', onOpen: opening.step })
    const search = await host.add(plugin('1.0.0', old))
    const articles = await host.attach(indexKind, { name: 'articles', key: 'fulltext', open: (kind) => buildIndex(kind, rowsOf(docs(30))) })
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
    expect(ids).toEqual([...docs(30).slice(1).map(({ id }) => id), 'before', 'during', 'after'].sort())
    expect(events.length).toBeGreaterThan(0)
  })

  test('I3: a version that cannot read the old bytes changes nothing', async () => {
    await using host = new PluginHost({ strategies: [indexHandoff()] })
    const old = new FullTextV1()
    const search = await host.add(plugin('1.0.0', old))
    const articles = await host.attach(indexKind, { name: 'articles', key: 'fulltext', open: (kind) => buildIndex(kind, rowsOf(docs(3))) })
    const broken: IndexKindProvider = { kind: 'fulltext', build: (source) => old.build(source), open: () => { throw new Error('bad magic') } }
    const error = await failureOf(host.reload(search, plugin('2.0.0', broken)))
    expect(error).toMatchObject({ code: 'HANDOFF', phase: 'prepare', step: 'open', key: 'fulltext', resource: 'articles' })
    expect(host.plugin('search')).toEqual<PluginHandle>(search)
    await articles.write(changes({ remove: ['d1'] }))
    expect(await articles.use((handle) => idsIn(handle, query('*')))).toEqual(['d0', 'd2'])
    expect(old.handles.map(({ closes }) => closes)).toEqual([0])
  })

  test('I3, X16: an exclusive reload that fails gives the index back', async () => {
    await using host = new PluginHost({ strategies: [indexHandoff()] })
    const old = new FullTextV1()
    const search = await host.add(plugin('1.0.0', old))
    const articles = await host.attach(indexKind, { name: 'articles', key: 'fulltext', open: (kind) => buildIndex(kind, rowsOf(docs(3))) })
    const broken: IndexKindProvider = { kind: 'fulltext', build: (source) => old.build(source), open: () => { throw new Error('bad magic') } }
    await failureOf(host.reload(search, plugin('2.0.0', broken), { cutover: 'exclusive' }))
    using lease = host.capture()
    expect(lease.resource(indexKind, 'articles')).toBe(old.handles[1])
    expect(await articles.use((handle) => idsIn(handle, query('*')))).toEqual(['d0', 'd1', 'd2'])
    expect(old.handles.map(({ closes }) => closes)).toEqual([1, 0])
  })

  test.for([['I7: is closed once, if it can be', 1], ['or has nothing to be closed', undefined]] as const)('an index that is detached %s', async ([, closes]) => {
    await using host = new PluginHost({ strategies: [indexHandoff()] })
    await host.add(plugin('1.0.0', plainKind(() => plainHandle())))
    const handle = plainHandle(closes === undefined ? { close: undefined } : {})
    const index = await host.attach(indexKind, { name: 'index', key: 'plain', open: () => handle })
    await expect(index.detach()).resolves.toBeUndefined()
    expect(handle.closes).toBe(closes ?? 0)
  })

  test('X2: a provider without open is refused when it registers', async () => {
    await using host = new PluginHost({ strategies: [indexHandoff()] })
    const error = await failureOf(host.add(plugin('1.0.0', { kind: 'fulltext', build: () => {} } as never)))
    expect(error).toMatchObject({ code: 'PLUGIN', surface: 'index-kind' })
    expect(error.message).toMatch(/open/)
  })
})
