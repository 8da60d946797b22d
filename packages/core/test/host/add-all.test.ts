import { PluginHost, type PluginDependency } from '@uni/reload-core'
import { npmRanges } from '@uni/reload-core/ranges'
import { planRecovery } from '@uni/reload-core/node'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { dependencyOrder } from '../../src/host/lifecycle/dependency-order.js'
import { MemoryJournal } from '../fixtures/journaled.js'
import { Deferred } from '../fixtures/deferred.js'
import { refusalOf } from '../fixtures/refusal.js'
import { TestPlugin } from '../fixtures/test-plugin.js'
import { wordHandoff, wordKind, wordPlugin } from '../fixtures/word.js'

const needs = (...ids: readonly string[]): { dependsOn: PluginDependency[] } => ({
  dependsOn: ids.map((id) => ({ id, range: '^1.0.0' })),
})

describe('addAll', () => {
  it('I1 installs all of them with one commit', async () => {
    const seen = new Set<string>()
    const host: PluginHost = new PluginHost({
      ranges: npmRanges,
      strategies: [wordHandoff()],
      observer: () => {
        using lease = host.capture()
        seen.add(
          lease
            .all(wordKind)
            .map((it) => it.say())
            .join(' '),
        )
      },
    })
    const handles = await host.addAll(['a', 'b', 'c'].map((id) => wordPlugin(id, '1.0.0')))
    expect(handles).toEqual(['a', 'b', 'c'].map((id) => ({ id, generation: 0 })))
    expect([...seen]).toEqual(['', 'a@1.0.0 b@1.0.0 c@1.0.0'])
  })

  it('O9 registers and initializes each after those it needs, whatever the order, and gives the handles in the order asked for', async () => {
    const calls: string[] = []
    const plugin = (id: string, ...needed: readonly string[]): TestPlugin =>
      new TestPlugin(id, '1.0.0', {
        ...needs(...needed),
        register: () => {
          calls.push(`register ${id}`)
        },
        init: () => {
          calls.push(`init ${id}`)
        },
        shutdown: () => {
          calls.push(`shutdown ${id}`)
        },
      })
    const host = new PluginHost({ ranges: npmRanges, strategies: [] })
    const handles = await host.addAll([
      plugin('page', 'search'),
      plugin('search', 'store', 'text'),
      plugin('text'),
      plugin('store'),
    ])
    expect(handles.map(({ id }) => id)).toEqual(['page', 'search', 'text', 'store'])
    const order = ['store', 'text', 'search', 'page']
    expect(calls.splice(0)).toEqual([...order.map((id) => `register ${id}`), ...order.map((id) => `init ${id}`)])
    expect(host.plugins().map(({ id }) => id)).toEqual(order)
    await host[Symbol.asyncDispose]()
    expect(calls).toEqual(order.toReversed().map((id) => `shutdown ${id}`))
  })

  it('O9 installs plugins that need one another', async () => {
    await using host = new PluginHost({ ranges: npmRanges, strategies: [] })
    await host.addAll([
      new TestPlugin('a', '1.0.0', needs('b')),
      new TestPlugin('b', '1.0.0', needs('a')),
      new TestPlugin('itself', '1.0.0', needs('itself')),
    ])
    expect(host.plugins().map(({ id }) => id)).toEqual(['b', 'a', 'itself'])
  })

  it('O9 J5 starts every set of versions that was made permanent: a plugin that has come to need a later one, and a cycle', async () => {
    const journal = new MemoryJournal()
    const version = (id: string, major: number): TestPlugin => {
      if (major === 1) return new TestPlugin(id, '1.0.0')
      return new TestPlugin(id, '2.0.0', {
        dependsOn:
          id === 'early' ? [{ id: 'late', range: '^1.0.0' }] : [{ id: id === 'a' ? 'b' : 'a', range: '^2.0.0' }],
      })
    }
    const host = new PluginHost({ ranges: npmRanges, strategies: [], journal })
    const [early, , a, b] = await host.addAll(['early', 'late', 'a', 'b'].map((id) => version(id, 1)))
    if (early === undefined || a === undefined || b === undefined) throw new Error('a handle is missing')
    await host.makePermanent((await host.reload(early, version('early', 2))).handle)
    const [first] = await host.reloadAll([
      { handle: a, plugin: version('a', 2) },
      { handle: b, plugin: version('b', 2) },
    ])
    await host.makePermanent(first?.handle ?? a)

    const next = new PluginHost({ ranges: npmRanges, strategies: [], journal: new MemoryJournal() })
    const plan = planRecovery(journal.records).plugins
    await next.addAll(
      [...plan.values()].flatMap(({ id, version: found }) =>
        found === undefined ? [] : [version(id, Number(found[0]))],
      ),
    )
    expect(
      next
        .plugins()
        .map(({ id, version: number, permanent }) => `${id}@${number} ${permanent}`)
        .toSorted(),
    ).toEqual(['a@2.0.0 true', 'b@2.0.0 true', 'early@2.0.0 true', 'late@1.0.0 true'])
  })

  it('I3 installs none where one fails, and shuts down those that were initialized', async () => {
    await using host = new PluginHost({ ranges: npmRanges, strategies: [wordHandoff()] })
    const good = wordPlugin('good', '1.0.0')
    const bad = wordPlugin('bad', '1.0.0', ['bad'], {
      ...needs('good'),
      init: () => {
        throw new Error('no disk')
      },
    })
    const later = wordPlugin('later', '1.0.0')
    expect(await refusalOf(host.addAll([bad, good, later]))).toMatchObject({
      code: 'PLUGIN',
      plugin: 'bad@1.0.0',
      step: 'init',
      rollbackErrors: [],
    })
    expect({ good: good.calls, later: later.calls }).toEqual({
      good: { register: 1, init: 1, shutdown: 1 },
      later: { register: 1, init: 0, shutdown: 0 },
    })
    expect(host.plugins()).toEqual([])
    using lease = host.capture()
    expect(lease.all(wordKind)).toEqual([])
  })

  it('refuses a dependency that is neither installed nor among them: DEPENDENCY', async () => {
    await using host = new PluginHost({ ranges: npmRanges, strategies: [] })
    const user = new TestPlugin('user', '1.0.0', needs('base'))
    expect(await refusalOf(host.addAll([user, new TestPlugin('base', '2.0.0')]))).toMatchObject({
      code: 'DEPENDENCY',
      plugin: 'user@1.0.0',
    })
    expect(user.calls.register).toBe(0)
    await host.add(new TestPlugin('base', '1.0.0'))
    expect((await host.addAll([user]))[0]).toEqual({ id: 'user', generation: 0 })
  })

  it('refuses a plugin that is named twice or installed, and one that is malformed, before any of them registers', async () => {
    await using host = new PluginHost({ ranges: npmRanges, strategies: [] })
    await host.add(new TestPlugin('there', '1.0.0'))
    const other = new TestPlugin('other', '1.0.0')
    expect(await refusalOf(host.addAll([other, other]))).toMatchObject({ code: 'DUPLICATE', plugin: 'other' })
    expect(await refusalOf(host.addAll([other, new TestPlugin('other', '1.1.0')]))).toMatchObject({
      code: 'DUPLICATE',
      plugin: 'other',
    })
    expect(await refusalOf(host.addAll([other, new TestPlugin('there', '1.0.0')]))).toMatchObject({
      code: 'DUPLICATE',
      plugin: 'there',
    })
    expect(await refusalOf(host.addAll([other, new TestPlugin('bad', 'one')]))).toMatchObject({
      code: 'MANIFEST',
      plugin: 'bad',
    })
    expect(other.calls.register).toBe(0)
  })

  it('I8 gives up where the caller aborts, and installs none', async () => {
    await using host = new PluginHost({ ranges: npmRanges, strategies: [] })
    const [begun, abort] = [new Deferred(), new AbortController()]
    const slow = new TestPlugin('slow', '1.0.0', {
      init: () => {
        begun.resolve()
        return new Promise(() => {})
      },
    })
    const adding = refusalOf(host.addAll([new TestPlugin('quick', '1.0.0'), slow], { signal: abort.signal }))
    await begun.promise
    abort.abort()
    expect(await adding).toMatchObject({ code: 'ABORTED' })
    expect(await refusalOf(host.add(slow, { signal: abort.signal }))).toMatchObject({ code: 'ABORTED' })
    expect({ plugins: host.plugins(), register: slow.calls.register }).toEqual({ plugins: [], register: 1 })
  })

  it('of nothing changes nothing, and begins no operation', async () => {
    const events: unknown[] = []
    const host = new PluginHost({ ranges: npmRanges, strategies: [], observer: (event) => events.push(event) })
    expect({ handles: await host.addAll([]), events }).toEqual({ handles: [], events: [] })
    await host[Symbol.asyncDispose]()
    expect(await refusalOf(host.addAll([]))).toMatchObject({ code: 'HOST_CLOSED' })
  })
})

describe('the order of dependencies', () => {
  const graph = fc
    .integer({ min: 1, max: 12 })
    .chain((size) => fc.array(fc.uniqueArray(fc.nat(size), { maxLength: 4 }), { minLength: size, maxLength: size }))
  const plugins = (edges: readonly (readonly number[])[]): TestPlugin[] =>
    edges.map((to, id) => new TestPlugin(String(id), '1.0.0', needs(...to.map(String))))

  it('has each after those it needs, unless they need it too', () =>
    fc.assert(
      fc.property(graph, (edges) => {
        const order = dependencyOrder(plugins(edges)).map(({ manifest }) => Number(manifest.id))
        expect(order.toSorted((one, other) => one - other)).toEqual(edges.map((_, id) => id))
        for (const [id, to] of edges.entries()) {
          for (const needed of to)
            if (needed < edges.length && !reaches(edges, needed, id))
              expect(order.indexOf(needed)).toBeLessThan(order.indexOf(id))
        }
      }),
    ))

  it('keeps the order given where nothing needs anything, and takes a chain of any length', () => {
    const free = plugins(Array.from({ length: 50 }, () => []))
    expect(dependencyOrder(free)).toEqual(free)
    const chain = plugins(Array.from({ length: 50_000 }, (_, id) => [id + 1]))
    expect(dependencyOrder(chain)).toEqual(chain.toReversed())
  })
})

/** Whether `from` needs `to`, or is it. */
function reaches(edges: readonly (readonly number[])[], from: number, to: number, seen = new Set<number>()): boolean {
  if (from === to) return true
  seen.add(from)
  return (edges[from] ?? []).some((next) => !seen.has(next) && reaches(edges, next, to, seen))
}
