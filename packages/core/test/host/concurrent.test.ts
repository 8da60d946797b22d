import { PluginHost } from '@uni/reload-core'
import { describe, expect, it } from 'vitest'
import { Deferred, standing } from '../fixtures/deferred.js'
import { refusalOf } from '../fixtures/refusal.js'
import { cleanStores, openStore } from '../fixtures/store-plugin.js'
import { STORES, storeStrategy } from '../fixtures/store.js'
import { TestPlugin } from '../fixtures/test-plugin.js'
import { wordHandoff, wordKind, wordPlugin } from '../fixtures/word.js'

/** A store plugin whose next opening waits to be told. */
function slowStores(id: string, version: string) {
  const plugin = cleanStores(version, { id })
  const begun = new Deferred()
  const goOn = new Deferred()
  const open = plugin.provider.open.bind(plugin.provider)
  plugin.provider.open = async () => {
    begun.resolve()
    await goOn.promise
    return open()
  }
  return { plugin, begun, goOn }
}

describe('reloads of different plugins', () => {
  it('I11 do not wait for one another, and each commits on top of what was committed meanwhile', async () => {
    await using host = new PluginHost({ strategies: [storeStrategy('clean'), wordHandoff()] })
    const ids = ['a', 'b', 'c']
    for (const id of ids) {
      await host.add(cleanStores('1.0.0', { id }))
      await host.attach(STORES.clean, openStore(id, id))
    }
    const slow = ids.map((id) => slowStores(id, '2.0.0'))
    const reloads = slow.map(({ plugin }, at) =>
      host.reload(host.plugin(ids[at] as string) ?? { id: '', generation: 0 }, plugin),
    )
    await Promise.all(slow.map(({ begun }) => begun.promise))
    // They were begun in one order, and end in another one; meanwhile others come, change and go.
    const word = await host.add(wordPlugin('w', '1.0.0'))
    const { handle } = await host.reload(word, wordPlugin('w', '2.0.0'))
    for (const at of [2, 0, 1]) {
      slow[at]?.goOn.resolve()
      expect((await reloads[at])?.status).toBe('committed')
    }
    await host.remove(handle)
    using lease = host.capture()
    expect(ids.map((id) => lease.resource(STORES.clean, id).by)).toEqual(['a@2.0.0', 'b@2.0.0', 'c@2.0.0'])
    expect(lease.all(STORES.clean).map(({ key }) => key)).toEqual(ids)
    expect(lease.all(wordKind)).toEqual([])
  })

  it('I11 I1 one that waits to commit lists the providers that another one has committed meanwhile', async () => {
    const converges = new Deferred()
    await using host = new PluginHost({
      strategies: [storeStrategy('clean')],
      observer: (event) => {
        if (event.type === 'phase-started' && event.phase === 'converge' && event.plugins[0]?.startsWith('a@') === true)
          converges.resolve()
      },
    })
    const first = cleanStores('1.0.0', { id: 'a' })
    const a = await host.add(first)
    const b = await host.add(cleanStores('1.0.0', { id: 'b' }))
    const store = await host.attach(STORES.clean, openStore('a', 'a'))
    const applied = new Deferred()
    first.provider.breakNext('apply', () => applied.promise)
    const written = store.write(1)
    const reload = host.reload(a, cleanStores('2.0.0', { id: 'a' }))
    await converges.promise
    await host.reload(b, cleanStores('2.0.0', { id: 'b' }))
    applied.resolve()
    await Promise.all([written, reload])
    using lease = host.capture()
    expect(lease.all(STORES.clean).map(({ key, version }) => `${key}@${version}`)).toEqual(['a@2.0.0', 'b@2.0.0'])
  })

  it('I11 I3 one that fails leaves what another one has committed meanwhile', async () => {
    await using host = new PluginHost({ strategies: [storeStrategy('clean'), wordHandoff()] })
    const stores = await host.add(cleanStores('1.0.0', { id: 'a' }))
    await host.attach(STORES.clean, openStore('a', 'a'))
    const { plugin, begun, goOn } = slowStores('a', '2.0.0')
    const failing = refusalOf(host.reload(stores, plugin))
    await begun.promise
    await host.add(wordPlugin('w', '1.0.0'))
    goOn.reject(new Error('no disk'))
    expect((await failing).code).toBe('HANDOFF')
    using lease = host.capture()
    expect({ store: lease.resource(STORES.clean, 'a').by, word: lease.get(wordKind, 'w').say() }).toEqual({
      store: 'a@1.0.0',
      word: 'w@1.0.0',
    })
  })

  it('I11 a key that another plugin takes meanwhile: DUPLICATE at the commit, and rolled back', async () => {
    await using host = new PluginHost({ strategies: [wordHandoff()] })
    const a = await host.add(wordPlugin('a', '1.0.0', ['mine']))
    const b = await host.add(wordPlugin('b', '1.0.0', ['yours']))
    const begun = new Deferred()
    const goOn = new Deferred()
    const next = wordPlugin('a', '2.0.0', ['mine', 'both'], {
      init: () => {
        begun.resolve()
        return goOn.promise
      },
    })
    const failing = refusalOf(host.reload(a, next))
    await begun.promise
    await host.reload(b, wordPlugin('b', '2.0.0', ['yours', 'both']))
    goOn.resolve()
    expect(await failing).toMatchObject({
      code: 'DUPLICATE',
      phase: 'commit',
      plugin: 'a@2.0.0',
      surface: 'test-word',
      key: 'both',
      hint: 'Choose another key, or replace both plugins together with reloadAll.',
    })
    expect(next.calls).toEqual({ register: 1, init: 1, shutdown: 1 })
    using lease = host.capture()
    expect(lease.all(wordKind).map((it) => `${it.name} ${it.say()}`)).toEqual([
      'mine a@1.0.0',
      'yours b@2.0.0',
      'both b@2.0.0',
    ])
  })

  it('I11 two installs of the same key: one of them is refused', async () => {
    await using host = new PluginHost({ strategies: [wordHandoff()] })
    const outcomes = await Promise.allSettled([
      host.add(wordPlugin('a', '1.0.0', ['x'])),
      host.add(wordPlugin('b', '1.0.0', ['x'])),
    ])
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected'])
    expect(host.plugins().map(({ id }) => id)).toEqual(['a'])
  })

  it('I11 an exclusive reload that drains holds up no other plugin', async () => {
    await using host = new PluginHost({ strategies: [wordHandoff()] })
    const a = await host.add(wordPlugin('a', '1.0.0'))
    const b = await host.add(wordPlugin('b', '1.0.0'))
    const held = host.acquire(wordKind, 'a')
    const exclusive = host.reload(a, wordPlugin('a', '2.0.0'), { cutover: 'exclusive' })
    expect((await host.reload(b, wordPlugin('b', '2.0.0'))).status).toBe('committed')
    await host.add(new TestPlugin('c', '1.0.0'))
    expect(await standing(exclusive)).toBe('pending')
    expect((await refusalOf(() => host.acquire(wordKind, 'a'))).code).toBe('SURFACE_FENCED')
    held[Symbol.dispose]()
    await exclusive
    using lease = host.capture()
    expect(lease.all(wordKind).map((it) => it.say())).toEqual(['a@2.0.0', 'b@2.0.0'])
  })
})
