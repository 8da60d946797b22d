import { PluginHost } from '@uni/reload-core'
import { describe, expect, it } from 'vitest'
import { refusalOf } from '../fixtures/refusal.js'
import { cleanStores, openStore, type StorePlugin } from '../fixtures/store-plugin.js'
import { STORES, StoreProvider, storeStrategy } from '../fixtures/store.js'
import { TestPlugin } from '../fixtures/test-plugin.js'
import { wordHandoff, wordKind, wordPlugin } from '../fixtures/word.js'

describe('reloadAll', () => {
  it('I1 replaces all of them with one commit: no capture ever sees one new and one old', async () => {
    const seen = new Set<string>()
    const host: PluginHost = new PluginHost({
      strategies: [wordHandoff(), storeStrategy('clean')],
      observer: () => {
        using lease = host.capture()
        if (lease.all(wordKind).length < 3) return
        seen.add([...lease.all(wordKind).map((it) => it.say()), lease.resource(STORES.clean, 'main').by].join(' '))
      },
    })
    const stores = await host.add(cleanStores('1.0.0'))
    await host.attach(STORES.clean, openStore('main'))
    const handles = []
    for (const id of ['a', 'b', 'c']) handles.push(await host.add(wordPlugin(id, '1.0.0')))
    const epoch = (): number => {
      using lease = host.capture()
      return lease.epoch
    }
    const before = epoch()
    const results = await host.reloadAll([
      ...handles.map((handle) => ({ handle, plugin: wordPlugin(handle.id, '2.0.0') })),
      { handle: stores, plugin: cleanStores('2.0.0') },
    ])
    expect(epoch()).toBe(before + 1)
    expect([...seen]).toEqual(['a@1.0.0 b@1.0.0 c@1.0.0 stores@1.0.0', 'a@2.0.0 b@2.0.0 c@2.0.0 stores@2.0.0'])
    expect(results.map(({ handle, report }) => [handle.id, handle.generation, report.from, report.to])).toEqual([
      ['a', 1, '1.0.0', '2.0.0'],
      ['b', 1, '1.0.0', '2.0.0'],
      ['c', 1, '1.0.0', '2.0.0'],
      ['stores', 1, '1.0.0', '2.0.0'],
    ])
    expect(results.map(({ report }) => report.handoffs.map(({ resource }) => resource))).toEqual([[], [], [], ['main']])
  })

  it('I3 one that fails rolls all of them back', async () => {
    await using host = new PluginHost({ strategies: [storeStrategy('clean')] })
    const olds = ['a', 'b', 'c'].map((id) => cleanStores('1.0.0', { id }))
    const news = ['a', 'b', 'c'].map((id) => cleanStores('2.0.0', { id }))
    const handles = []
    for (const old of olds) {
      handles.push(await host.add(old))
      await host.attach(STORES.clean, openStore(`of ${old.manifest.id}`, old.manifest.id))
    }
    const broken = news[1] as StorePlugin
    broken.provider.open = () => {
      throw new Error('no disk')
    }
    const error = await refusalOf(
      host.reloadAll(handles.map((handle, at) => ({ handle, plugin: news[at] as StorePlugin }))),
    )
    expect(error).toMatchObject({ code: 'HANDOFF', resource: 'of b', plugin: 'b@1.0.0 → 2.0.0', rollbackErrors: [] })
    expect(olds.map(({ made, calls }) => [made.map(({ closed }) => closed), calls.shutdown])).toEqual([
      [[0], 0],
      [[0], 0],
      [[0], 0],
    ])
    for (const { made, calls } of news) {
      expect(made.every(({ closed }) => closed === 1)).toBe(true)
      expect(calls).toEqual({ register: 1, init: 1, shutdown: 1 })
    }
    expect(handles.map(({ id }) => host.plugin(id))).toEqual(handles)
    using lease = host.capture()
    expect(['a', 'b', 'c'].map((id) => lease.resource(STORES.clean, `of ${id}`).by)).toEqual([
      'a@1.0.0',
      'b@1.0.0',
      'c@1.0.0',
    ])
  })

  it('I3 refuses all where one of the handles is stale', async () => {
    await using host = new PluginHost({ strategies: [wordHandoff()] })
    const a = await host.add(wordPlugin('a', '1.0.0'))
    const b = await host.add(wordPlugin('b', '1.0.0'))
    await host.reload(b, wordPlugin('b', '2.0.0'))
    const next = wordPlugin('a', '2.0.0')
    expect(
      (
        await refusalOf(
          host.reloadAll([
            { handle: a, plugin: next },
            { handle: b, plugin: wordPlugin('b', '3.0.0') },
          ]),
        )
      ).code,
    ).toBe('STALE_HANDLE')
    expect(next.calls.register).toBe(0)
  })

  it('I4 a key moves from one plugin to another, with its live resource and its writes', async () => {
    await using host = new PluginHost({ strategies: [storeStrategy('pre-copy')] })
    const [from, to] = [new StoreProvider('stores', '1.0.0'), new StoreProvider('stores', '2.0.0')]
    const provides = (provider: StoreProvider) => ({
      register: (registrar: Parameters<TestPlugin['register']>[0]) => {
        registrar.provide(STORES['pre-copy'], provider)
      },
    })
    const a = await host.add(new TestPlugin('a', '1.0.0', provides(from)))
    const b = await host.add(new TestPlugin('b', '1.0.0'))
    const copied = await host.attach(STORES['pre-copy'], openStore('main'))
    await copied.write(1)
    const moving = host.reloadAll([
      { handle: a, plugin: new TestPlugin('a', '2.0.0') },
      { handle: b, plugin: new TestPlugin('b', '2.0.0', provides(to)) },
    ])
    await copied.write(2)
    const [resultOfA, resultOfB] = await moving
    await copied.write(3)
    expect(to.made.map(({ entries }) => entries)).toEqual([[1, 2, 3]])
    expect(host.resources()).toMatchObject([{ name: 'main', plugin: 'b@2.0.0' }])
    await resultOfA?.finalized
    expect(from.made[0]?.closed).toBe(1)
    // From then on it is the other plugin that it belongs to.
    expect((await host.remove(resultOfA?.handle ?? a)).report.closedOrphans).toEqual([])
    expect((await refusalOf(host.remove(resultOfB?.handle ?? b))).code).toBe('ORPHANED_RESOURCE')
  })

  it('two plugins may exchange their keys', async () => {
    await using host = new PluginHost({ strategies: [wordHandoff()] })
    const a = await host.add(wordPlugin('a', '1.0.0', ['x']))
    const b = await host.add(wordPlugin('b', '1.0.0', ['y']))
    await host.reloadAll([
      { handle: a, plugin: wordPlugin('a', '2.0.0', ['y']) },
      { handle: b, plugin: wordPlugin('b', '2.0.0', ['x']) },
    ])
    using lease = host.capture()
    expect({ x: lease.get(wordKind, 'x').say(), y: lease.get(wordKind, 'y').say() }).toEqual({
      x: 'b@2.0.0',
      y: 'a@2.0.0',
    })
  })

  it('of nothing changes nothing', async () => {
    await using host = new PluginHost({ strategies: [wordHandoff()] })
    const handle = await host.add(wordPlugin('a', '1.0.0'))
    expect(await host.reloadAll([])).toEqual([])
    expect(host.plugin('a')).toEqual(handle)
  })

  it('I3 a resource that was opened for one plugin is closed where another one hangs up later', async () => {
    await using host = new PluginHost({ strategies: [storeStrategy('clean'), wordHandoff()] })
    const stores = await host.add(cleanStores('1.0.0'))
    await host.attach(STORES.clean, openStore('one'))
    await host.attach(STORES.clean, openStore('two'))
    const next = cleanStores('2.0.0')
    let calls = 0
    next.provider.open = () => {
      calls += 1
      if (calls === 2) throw new Error('no disk')
      const store = new StoreProvider('stores', '2.0.0').make([])
      next.provider.made.push(store)
      return store
    }
    expect((await refusalOf(host.reload(stores, next))).message).toContain('no disk')
    expect(next.made).toMatchObject([{ closed: 1 }])
  })
})
