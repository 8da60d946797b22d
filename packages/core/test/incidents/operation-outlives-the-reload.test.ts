/**
 * The incident: an operation that had begun with one generation of the plugins went on past a reload. When it then
 * asked for something, it was answered from the inventory of whichever generation was registered by then, or refused
 * because its own had been retired under it: half of the operation ran on the old version, and the other half on the
 * new one or not at all. Reported in https://github.com/openclaw/openclaw/issues/156026.
 *
 * What holds here: an operation asks its lease, and a lease answers everything from the generation it was captured in,
 * for as long as it is held: what was added later is not there, what was removed still is, and all of it is usable.
 */
import { PluginHost } from '@uni/reload-core'
import { ManualClock } from '@uni/reload-core/testing'
import { describe, expect, it } from 'vitest'
import { refusalOf } from '../fixtures/refusal.js'
import { openStore } from '../fixtures/store-plugin.js'
import { STORES, StoreProvider, storeStrategy } from '../fixtures/store.js'
import { TestPlugin } from '../fixtures/test-plugin.js'
import { word, wordHandoff, wordKind } from '../fixtures/word.js'

const DRAIN_MS = 1_000

/** Provides a tool for each name, and a store. */
function tools(version: string, ...names: readonly string[]): TestPlugin {
  return new TestPlugin('tools', version, {
    register: (registrar) => {
      registrar.provide(STORES.clean, new StoreProvider('stores', version))
      for (const name of names) registrar.provide(wordKind, word(name, `${name} ${version}`))
    },
  })
}

async function hostWithTools() {
  const clock = new ManualClock()
  const host = new PluginHost({
    strategies: [storeStrategy('clean'), wordHandoff()],
    clock,
    drain: { deadlineMs: DRAIN_MS },
  })
  const old = tools('1.0.0', 'search', 'fetch')
  const handle = await host.add(old)
  await host.attach(STORES.clean, openStore('cache'))
  return { clock, host, old, handle }
}

describe('an operation that outlives the reload', () => {
  it('I1 I7 reads the inventory it began with, all of it, however late it asks', async () => {
    const { clock, host, old, handle } = await hostWithTools()
    const operation = host.capture({ label: 'operation' })
    const { handle: second, finalized } = await host.reload(handle, tools('2.0.0', 'search', 'browse'))
    clock.advance(DRAIN_MS)
    expect((await finalized).status).toBe('kept')
    await host.reload(second, tools('3.0.0', 'browse'))
    expect(operation.all(wordKind).map((tool) => tool.say())).toEqual(['search 1.0.0', 'fetch 1.0.0'])
    expect(operation.get(wordKind, 'fetch').say()).toBe('fetch 1.0.0')
    expect(operation.find(wordKind, 'browse')).toBeUndefined()
    expect(operation.resource(STORES.clean, 'cache')).toMatchObject({ by: 'stores@1.0.0', closed: 0 })
    expect(old.calls.shutdown).toBe(0)
    using now = host.capture()
    expect(now.all(wordKind).map((tool) => tool.say())).toEqual(['browse 3.0.0'])
    expect(now.resource(STORES.clean, 'cache').by).toBe('stores@3.0.0')
    operation[Symbol.dispose]()
  })

  it('E2 is told, once it has given its lease back, and is not answered from another generation', async () => {
    const { host, handle } = await hostWithTools()
    const operation = host.capture()
    await host.reload(handle, tools('2.0.0', 'search'))
    operation[Symbol.dispose]()
    expect((await refusalOf(() => operation.get(wordKind, 'search'))).code).toBe('LEASE_RELEASED')
  })

  it('I1 keeps the one provider it acquired, and acquires what serves now where it asks again', async () => {
    const { host, old, handle } = await hostWithTools()
    const search = host.acquire(wordKind, 'search')
    await host.reload(handle, tools('2.0.0', 'search'))
    const again = host.acquire(wordKind, 'search')
    expect({ acquired: search.provider.say(), acquiredAgain: again.provider.say() }).toEqual({
      acquired: 'search 1.0.0',
      acquiredAgain: 'search 2.0.0',
    })
    expect({ acquired: search.plugin.generation, acquiredAgain: again.plugin.generation }).toEqual({
      acquired: 0,
      acquiredAgain: 1,
    })
    expect(old.calls.shutdown).toBe(0)
    for (const held of [search, again]) held[Symbol.dispose]()
    await host[Symbol.asyncDispose]()
    expect(old.calls.shutdown).toBe(1)
  })

  it('I1 of two plugins that were replaced together sees both old, or both new', async () => {
    const { host, handle } = await hostWithTools()
    const version = (number: string): TestPlugin =>
      new TestPlugin('more', number, {
        register: (registrar) => {
          registrar.provide(wordKind, word('more', `more ${number}`))
        },
      })
    const more = await host.add(version('1.0.0'))
    using before = host.capture()
    await host.reloadAll([
      { handle, plugin: tools('2.0.0', 'search') },
      { handle: more, plugin: version('2.0.0') },
    ])
    using after = host.capture()
    expect(before.all(wordKind).map((tool) => tool.say())).toEqual(['search 1.0.0', 'fetch 1.0.0', 'more 1.0.0'])
    expect(after.all(wordKind).map((tool) => tool.say())).toEqual(['search 2.0.0', 'more 2.0.0'])
  })
})
