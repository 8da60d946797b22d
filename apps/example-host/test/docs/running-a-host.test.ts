import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { OldProviders, PluginHost, ReloadDispatcher, ReloadKindHandlers, WriteGate } from '@uni/reload-core'
import { scalarFn, scalarFnHandoff } from '@uni/reload-core/surfaces'
import { buildIndex, indexHandoff, indexKind, type IndexHandle } from '@uni/reload-index'
import { expect, it, onTestFinished, vi } from 'vitest'
import { distanceV1 } from '../../src/plugins/distance/v1.js'
import { providerOf } from '../plugins/support/providers.js'
import { tempDirectory } from '../plugins/support/temp-directory.js'
import { documentOf, fox as query, rows, searchV1, searchV2 } from './search-plugins.js'

const log = { info: vi.fn<(what: unknown) => void>() }

async function hostAsPrinted() {
  const host = new PluginHost({
    strategies: [indexHandoff(), scalarFnHandoff()],   // the surfaces plugins may register on
    observer: (event) => log.info(event),              // told of each phase, resource, commit and report
  })
  const search = await host.add(searchV1)              // several at once, in the order of their dependencies: host.addAll
  await host.add(distanceV1())
  const articles = await host.attach(indexKind, { name: 'articles', key: 'fulltext', open: (provider) => buildIndex(provider, rows) })
  return { host, search, articles }
}

it('reads by leases', async () => {
  const { host } = await hostAsPrinted()
  const id = 7
  const request = { signal: new AbortController().signal }
  const answer = host.run({ label: `query ${id}`, signal: request.signal }, (lease) => {
    lease.get(scalarFn, 'haversine').call(52.5, 13.4, 48.1, 11.6)   // throws PROVIDER_NOT_FOUND
    lease.find(scalarFn, 'haversine')?.call(52.5, 13.4, 48.1, 11.6) // undefined where there is none
    lease.all(scalarFn)                                             // install order, then registration order; a reload keeps the place
    return lease.resource(indexKind, 'articles').probe(query, 10)
  })
  expect((await answer).numRows).toBeGreaterThan(0)
  expect(host.plugins()[0]?.heldBy).toEqual([])
})

it('waits for what it will use, and asks what serves', async () => {
  const { host } = await hostAsPrinted()
  const uses = [{ surface: scalarFn, key: 'haversine' }]
  const serving = await host.run({ uses }, (lease) => {  // waits for this, and for nothing else
    lease.all(scalarFn)                                // throws where any of them is fenced: a chain without it is another chain
    return lease.serving(scalarFn)                     // { providers, fenced }: what serves, and the keys that are left out
  })
  expect(serving).toMatchObject({ providers: [{ name: 'haversine' }], fenced: [] })
})

it('replaces', async () => {
  const { host, search, articles } = await hostAsPrinted()
  const { signal } = new AbortController()
  const { handle, report, finalized } = await host.reload(search, searchV2, { signal, onOrphan: 'reject' })
  await host.makePermanent(handle)                     // the new generation; the old handle, `search`, is stale
  log.info(report)                                     // keys that came and went; per phase and resource: times, write pause, bytes, …
  const { status, blockers, errors } = await finalized // 'finalized', 'forced', 'kept', 'taken-back' or 'stranded'
  expect({ status, blockers, errors }).toEqual({ status: 'finalized', blockers: [], errors: [] })
  expect(log.info).toHaveBeenCalledWith(report)
  await articles.write(documentOf('b', 'fox'))
})

it('gets out a version that is broken', async () => {
  const { host, search, articles } = await hostAsPrinted()
  await articles.write(documentOf('b', 'fox'))
  const from = { open: [{ surface: 'index-kind', resource: 'articles' }] }   // only this one; 'open' for all that the plugin has
  await host.reload(search, searchV2, { from })
  // What is only in memory is lost, as the table says.
  expect((await articles.use((index) => index.probe(query, 10))).numRows).toBe(1)
})

it('bakes', async () => {
  const { host, search } = await hostAsPrinted()
  const errorRate = (): number => 0
  const period = { ms: 600_000, everyMs: 10_000, healthy: () => errorRate() < 0.01 }
  const { handle, finalized } = await host.reload(search, searchV2, { bake: period })
  await host.makePermanent(handle)                     // before the period is over, where nobody wants to wait for its end
  const { status, bake } = await finalized
  expect({ status, outcome: bake?.outcome }).toEqual({ status: 'finalized', outcome: 'accepted' })
})

it('survives a crash', async () => {
  const directory = await tempDirectory()
  await mkdir(join(directory.path, 'data'))
  const before = process.cwd()
  process.chdir(directory.path)
  onTestFinished(async () => {
    process.chdir(before)
    await directory[Symbol.asyncDispose]()
  })
  const { host, journal, load, plan } = await import('./journal-program.js')
  expect(plan.plugins.size).toBe(0)
  await host.add(load('a', '1.0.0'))
  await host[Symbol.asyncDispose]()
  await journal[Symbol.asyncDispose]()
  vi.resetModules()
  const again = await import('./journal-program.js')
  expect(again.host.plugins()).toMatchObject([{ id: 'a', version: '1.0.0', permanent: true }])
  await again.host[Symbol.asyncDispose]()
  await again.journal[Symbol.asyncDispose]()
})

it('hands over for a registry of its own', async () => {
  const [providerV1, providerV2] = [providerOf(searchV1, indexKind), providerOf(searchV2, indexKind)]
  const handle = await buildIndex(providerV1, rows)
  const gate = new WriteGate(indexKind, 'articles', handle)
  let serving: ReadonlyMap<string, IndexHandle> = new Map([['articles', handle]])
  const registry = { swap(next: ReadonlyMap<string, IndexHandle>): void { serving = next } }
  {
    const dispatcher = new ReloadDispatcher([indexHandoff()])
    await using outcome = await dispatcher.dispatch({
      old: new OldProviders().add(indexKind, providerV1),
      next: new OldProviders().add(indexKind, providerV2),
      handlers: new ReloadKindHandlers().add(indexKind, { name: 'articles', key: 'fulltext', resource: handle, gate }),
    })
    registry.swap(outcome.resources(indexKind))   // your own pointer, in the same turn as
    outcome.commit()                              // held writes go on; an outcome that is not committed is rolled back
    await outcome.finalize()                      // once nothing uses the old handle any more
  }
  expect(serving.get('articles')).not.toBe(handle)
  await gate.write(documentOf('b', 'fox'))
  expect((await serving.get('articles')?.probe(query, 10))?.numRows).toBe(2)
})
