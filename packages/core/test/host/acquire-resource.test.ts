import { PluginHost } from '@uni/reload-core'
import { describe, expect, it } from 'vitest'
import { standing } from '../fixtures/deferred.js'
import { refusalOf } from '../fixtures/refusal.js'
import { openStore, StorePlugin } from '../fixtures/store-plugin.js'
import { STORES, storeStrategy, type StoreDiscipline } from '../fixtures/store.js'
import { turnUntil } from '../fixtures/turn-until.js'
import { wordHandoff, wordKind, wordPlugin } from '../fixtures/word.js'

async function hostOfBoth(discipline: StoreDiscipline = 'pre-copy') {
  const surface = STORES[discipline]
  const host = new PluginHost({ strategies: [storeStrategy(discipline), wordHandoff()] })
  const versionOf = (version: string): StorePlugin => new StorePlugin(version, { discipline })
  const plugin = versionOf('1.0.0')
  const handle = await host.add(plugin)
  const words = await host.add(wordPlugin('words', '1.0.0', ['words']))
  const main = await host.attach(surface, openStore('main'))
  const other = await host.attach(surface, openStore('other'))
  return { host, surface, plugin, handle, words, main, other, versionOf }
}

describe('a lease of one live resource', () => {
  it('E9 holds the plugin that serves it and no other, and says which version that is', async () => {
    const { host, surface, plugin, handle, words, versionOf } = await hostOfBoth()
    const lease = host.acquireResource(surface, 'main', { label: 'stream' })
    expect(lease.plugin).toEqual({ id: 'stores', version: '1.0.0', generation: 0 })
    expect(lease.resource).toBe(plugin.made[0])
    expect(host.plugins()).toMatchObject([{ heldBy: [{ label: 'stream', holds: 'resource' }] }, { heldBy: [] }])
    // An exclusive reload drains what it fences.
    const next = wordPlugin('words', '2.0.0', ['words'])
    await host.reload(words, next, { cutover: 'exclusive', drain: { deadlineMs: 0 } })
    const exclusive = host.reload(handle, versionOf('2.0.0'), { cutover: 'exclusive', drain: { deadlineMs: 0 } })
    expect((await refusalOf(exclusive)).code).toBe('DRAIN_TIMEOUT')
    const { finalized } = await host.reload(handle, versionOf('2.0.0'))
    expect(await standing(finalized)).toBe('pending')
    expect(lease.resource.closed).toBe(0)
    lease[Symbol.dispose]()
    await finalized
    expect(plugin.made).toMatchObject([{ closed: 1 }, { closed: 1 }])
    expect((await refusalOf(() => lease.resource)).code).toBe('LEASE_RELEASED')
  })

  it('E9 keeps a resource that is detached open, and no other one', async () => {
    const { host, surface, plugin, main, other } = await hostOfBoth()
    const lease = host.acquireResource(surface, 'main')
    const [left, others] = [await main.detach(), await other.detach()]
    await others.finalized
    expect(await standing(left.finalized)).toBe('pending')
    expect(plugin.made.map(({ closed }) => closed)).toEqual([0, 1])
    lease[Symbol.dispose]()
    await left.finalized
    expect(plugin.made.map(({ closed }) => closed)).toEqual([1, 1])
  })

  it('E9 O14 keeps nothing open that another version has opened, and holds none but its own', async () => {
    const { host, surface, plugin, handle, main, versionOf } = await hostOfBoth()
    const lease = host.acquireResource(surface, 'main', { label: 'stream' })
    const next = versionOf('2.0.0')
    const { handle: replaced, finalized } = await host.reload(handle, next)
    const left = await main.detach()
    expect(await standing(left.finalized)).toBe('fulfilled')
    expect(next.made).toMatchObject([{ closed: 1 }, { closed: 0 }])
    const after = await host.reload(replaced, versionOf('3.0.0'))
    expect(await standing(after.finalized)).toBe('fulfilled')
    expect(host.plugins()).toMatchObject([
      { version: '3.0.0' },
      { id: 'words' },
      { version: '1.0.0', heldBy: [{ label: 'stream' }] },
    ])
    expect(plugin.made[0]).toMatchObject({ closed: 0 })
    lease[Symbol.dispose]()
    await finalized
    expect(plugin.made[0]).toMatchObject({ closed: 1 })
  })

  it('E9 keeps a resource that is detached open in the version that a reload was taken back to', async () => {
    const { host, surface, plugin, handle, main, versionOf } = await hostOfBoth()
    const lease = host.acquireResource(surface, 'main')
    await host.reload(handle, versionOf('2.0.0'), { bake: { ms: 1, healthy: () => false } })
    await turnUntil(() => host.plugin('stores')?.generation === 2)
    const left = await main.detach()
    expect(await standing(left.finalized)).toBe('pending')
    expect(plugin.made[0]).toMatchObject({ closed: 0 })
    lease[Symbol.dispose]()
    await left.finalized
    expect(plugin.made[0]).toMatchObject({ closed: 1 })
  })

  it('E9 T7 keeps what the plugin had before a reload that is taken back', async () => {
    const { host, surface, handle, versionOf } = await hostOfBoth('stop-and-copy')
    const lease = host.acquireResource(surface, 'main')
    const { finalized } = await host.reload(handle, versionOf('2.0.0'), { bake: { ms: 1, healthy: () => false } })
    await turnUntil(() => host.plugin('stores')?.generation === 2)
    expect(await standing(finalized)).toBe('pending')
    lease[Symbol.dispose]()
    expect((await finalized).status).toBe('taken-back')
  })

  it('E9 is told when the plugin is forced out', async () => {
    const { host, surface, handle, versionOf } = await hostOfBoth()
    const lease = host.acquireResource(surface, 'main')
    const drain = { deadlineMs: 0, onDeadline: 'force', graceMs: 0 } as const
    const { finalized } = await host.reload(handle, versionOf('2.0.0'), { drain })
    expect((await finalized).status).toBe('forced')
    expect(lease.signal.aborted).toBe(true)
  })

  it('E9 is refused where nothing has the name, and after the host was closed', async () => {
    const { host, surface } = await hostOfBoth()
    expect((await refusalOf(() => host.acquireResource(surface, 'none'))).code).toBe('RESOURCE_NOT_FOUND')
    await host.close()
    expect((await refusalOf(() => host.acquireResource(surface, 'main'))).code).toBe('HOST_CLOSED')
  })
})

describe('which version a lease sees', () => {
  it('E10 is that of its epoch, however often the plugin is reloaded', async () => {
    const { host, words } = await hostOfBoth()
    using lease = host.capture()
    using held = host.acquire(wordKind, 'words')
    await host.reload(words, wordPlugin('words', '2.0.0', ['words']))
    using later = host.capture()
    expect(lease.plugin(wordKind, 'words')).toEqual({ id: 'words', version: '1.0.0', generation: 0 })
    expect(held.plugin).toEqual({ id: 'words', version: '1.0.0', generation: 0 })
    expect(later.plugin(wordKind, 'words')).toEqual({ id: 'words', version: '2.0.0', generation: 1 })
    expect((await refusalOf(() => later.plugin(wordKind, 'none'))).code).toBe('PROVIDER_NOT_FOUND')
  })
})

describe('close', () => {
  it('E6 is what disposing of the host is, once', async () => {
    const { host, plugin } = await hostOfBoth()
    await Promise.all([host.close(), host[Symbol.asyncDispose](), host.close()])
    expect(plugin.made.map(({ closed }) => closed)).toEqual([1, 1])
    expect(plugin.calls.shutdown).toBe(1)
  })
})
