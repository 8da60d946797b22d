import { getEventListeners } from 'node:events'
import { PluginHost } from '@uni/reload-core'
import { describe, expect, it } from 'vitest'
import { Deferred } from '../fixtures/deferred.js'
import { reachable } from '../fixtures/reachable.js'
import { refusalOf } from '../fixtures/refusal.js'
import { cleanStores, openStore } from '../fixtures/store-plugin.js'
import { STORES, storeStrategy } from '../fixtures/store.js'
import { TestPlugin } from '../fixtures/test-plugin.js'
import { word, wordHandoff, wordKind, wordPlugin } from '../fixtures/word.js'

describe('a lease', () => {
  it('I1 E2 sees one epoch, providers and resources alike, however many reloads commit meanwhile', async () => {
    const host = new PluginHost({ strategies: [wordHandoff(), storeStrategy('clean')] })
    let words = await host.add(wordPlugin('a', '1.0.0', ['x', 'y']))
    let stores = await host.add(cleanStores('1.0.0'))
    await host.attach(STORES.clean, openStore('main'))
    const leases = []
    for (let major = 1; major <= 3; major += 1) {
      leases.push({ lease: host.capture(), version: `${major}.0.0` })
      words = (await host.reload(words, wordPlugin('a', `${major + 1}.0.0`, ['x', 'y']))).handle
      leases.push({ lease: host.capture(), version: `${major + 1}.0.0 with stores ${major}.0.0` })
      stores = (await host.reload(stores, cleanStores(`${major + 1}.0.0`))).handle
    }
    for (const { lease, version } of leases) {
      const [wanted, cellsWanted = wanted] = version.split(' with stores ')
      expect(lease.all(wordKind).map((it) => it.say())).toEqual([`a@${wanted}`, `a@${wanted}`])
      expect({ x: lease.get(wordKind, 'x').say(), y: lease.find(wordKind, 'y')?.say() }).toEqual({
        x: `a@${wanted}`,
        y: `a@${wanted}`,
      })
      expect(lease.resource(STORES.clean, 'main').by).toBe(`stores@${cellsWanted}`)
      expect(lease.resource(STORES.clean, 'main').closed).toBe(0)
    }
    expect(new Set(leases.map(({ lease }) => lease.epoch)).size).toBe(6)
    for (const { lease } of leases) lease[Symbol.dispose]()
    await host[Symbol.asyncDispose]()
  })

  it('E4 I2 no capture fails or waits while a reload is under way, nor while it fails', async () => {
    await using host = new PluginHost({ strategies: [storeStrategy('clean')] })
    const handle = await host.add(cleanStores('1.0.0'))
    const store = await host.attach(STORES.clean, openStore('main'))
    for (const ends of ['well', 'badly']) {
      const opening = new Deferred()
      const opened = new Deferred()
      const next = cleanStores('2.0.0')
      const open = next.provider.open.bind(next.provider)
      next.provider.open = async () => {
        opening.resolve()
        await opened.promise
        return open()
      }
      const reloading = host.reload(host.plugin('stores') ?? handle, next)
      await opening.promise
      // Between two turns of this test nothing may be awaited: a capture answers at once.
      using lease = host.capture()
      using provider = host.acquire(STORES.clean, 'stores')
      const before = lease.resource(STORES.clean, 'main')
      expect(provider.provider).toBe(lease.get(STORES.clean, 'stores'))
      await store.write(1)
      expect(before.entries.at(-1)).toBe(1)
      if (ends === 'well') {
        opened.resolve()
        expect((await reloading).status).toBe('committed')
      } else {
        opened.reject(new Error('no disk'))
        expect((await refusalOf(reloading)).code).toBe('HANDOFF')
      }
      using after = host.capture()
      expect(after.resource(STORES.clean, 'main').by).toBe('stores@2.0.0')
    }
  })

  it('E3 all() is in install order, then registration order; reloads keep the place', async () => {
    await using host = new PluginHost({ strategies: [wordHandoff()] })
    const a = await host.add(wordPlugin('a', '1.0.0', ['z', 'a']))
    await host.add(wordPlugin('b', '1.0.0', ['b']))
    const c = await host.add(wordPlugin('c', '1.0.0', ['c']))
    const names = (): string[] => {
      using lease = host.capture()
      return lease.all(wordKind).map(({ name }) => name)
    }
    expect(names()).toEqual(['z', 'a', 'b', 'c'])
    await host.reload(c, wordPlugin('c', '2.0.0', ['c', 'c2']))
    await host.reload(a, wordPlugin('a', '2.0.0', ['y', 'z']))
    expect(names()).toEqual(['y', 'z', 'b', 'c', 'c2'])
    await host.remove(host.plugin('b') as typeof a)
    await host.add(wordPlugin('b', '2.0.0', ['b']))
    expect(names()).toEqual(['y', 'z', 'c', 'c2', 'b'])
  })

  it('E1 gives a list that nobody can change for the others', async () => {
    await using host = new PluginHost({ strategies: [wordHandoff()] })
    await host.add(wordPlugin('a', '1.0.0'))
    using lease = host.capture()
    expect(() => (lease.all(wordKind) as unknown[]).push(word('b'))).toThrow(TypeError)
    expect(lease.all(wordKind)).toHaveLength(1)
  })

  it('names what it does not find', async () => {
    await using host = new PluginHost({ strategies: [wordHandoff(), storeStrategy('clean')] })
    await host.add(wordPlugin('a', '1.0.0'))
    using lease = host.capture()
    expect(lease.find(wordKind, 'b')).toBeUndefined()
    expect(await refusalOf(() => lease.get(wordKind, 'b'))).toMatchObject({
      code: 'PROVIDER_NOT_FOUND',
      surface: 'test-word',
      key: 'b',
    })
    expect(await refusalOf(() => lease.resource(STORES.clean, 'main'))).toMatchObject({
      code: 'RESOURCE_NOT_FOUND',
      surface: 'clean-store',
      resource: 'main',
    })
    expect(await refusalOf(() => lease.all(STORES['pre-copy']))).toMatchObject({
      code: 'NO_STRATEGY',
      surface: 'pre-copy-store',
    })
    expect(await refusalOf(() => host.acquire(wordKind, 'b'))).toMatchObject({ code: 'PROVIDER_NOT_FOUND', key: 'b' })
    expect(await refusalOf(() => host.acquire(STORES['pre-copy'], 'b'))).toMatchObject({ code: 'NO_STRATEGY' })
  })

  it('E2 answers nothing after its release; releasing twice is releasing once', async () => {
    await using host = new PluginHost({ strategies: [wordHandoff()] })
    const handle = await host.add(wordPlugin('a', '1.0.0'))
    const other = host.capture({ label: 'other' })
    const lease = host.capture({ label: 'twice' })
    lease[Symbol.dispose]()
    lease[Symbol.dispose]()
    for (const use of [
      () => lease.get(wordKind, 'a'),
      () => lease.find(wordKind, 'a'),
      () => lease.all(wordKind),
      () => lease.resource(STORES.clean, 'main'),
    ]) {
      expect((await refusalOf(use)).code).toBe('LEASE_RELEASED')
    }
    const { finalized } = await host.reload(handle, wordPlugin('a', '2.0.0'))
    expect(
      host
        .plugins()
        .find(({ state }) => state === 'retired')
        ?.heldBy.map(({ label }) => label),
    ).toEqual(['other'])
    other[Symbol.dispose]()
    expect((await finalized).status).toBe('finalized')
  })

  it('fires with the signal it was captured with', async () => {
    await using host = new PluginHost({ strategies: [wordHandoff()] })
    await host.add(wordPlugin('a', '1.0.0'))
    const request = new AbortController()
    using lease = host.capture({ signal: request.signal })
    using held = host.acquire(wordKind, 'a', { signal: request.signal })
    expect({ leaseAborted: lease.signal.aborted, heldAborted: held.signal.aborted }).toEqual({
      leaseAborted: false,
      heldAborted: false,
    })
    // The same each time, so that what was put on it can be taken off again.
    expect(lease.signal).toBe(lease.signal)
    const reason = new Error('the client went away')
    request.abort(reason)
    expect({ leaseReason: lease.signal.reason, heldReason: held.signal.reason }).toEqual({
      leaseReason: reason,
      heldReason: reason,
    })
    expect(lease.get(wordKind, 'a').say()).toBe('a@1.0.0')
  })

  it('I12 puts one listener on the signal it was captured with, however many leases follow it, and none after the last release', async () => {
    await using host = new PluginHost({ strategies: [wordHandoff()] })
    await host.add(wordPlugin('a', '1.0.0'))
    const { signal } = new AbortController()
    const listeners = (): number => getEventListeners(signal, 'abort').length
    const leases = [host.capture({ signal }), host.capture({ signal }), host.acquire(wordKind, 'a', { signal })]
    expect(listeners()).toBe(0)
    for (const lease of leases) lease.signal.addEventListener('abort', () => {})
    expect(listeners()).toBe(1)
    for (const lease of leases) lease[Symbol.dispose]()
    expect(listeners()).toBe(0)
  })

  it('E2 its signal follows the one it was captured with up to the release, and keeps what it has said', async () => {
    await using host = new PluginHost({ strategies: [wordHandoff()] })
    const request = new AbortController()
    const [told, spared] = [host.capture({ signal: request.signal }), host.capture({ signal: request.signal })]
    expect({ toldAborted: told.signal.aborted, sparedAborted: spared.signal.aborted }).toEqual({
      toldAborted: false,
      sparedAborted: false,
    })
    spared[Symbol.dispose]()
    const reason = new Error('the client went away')
    request.abort(reason)
    expect({ reason: told.signal.reason, aborted: spared.signal.aborted }).toEqual({ reason, aborted: false })
    told[Symbol.dispose]()
    expect(told.signal.reason).toBe(reason)
    using late = host.capture({ signal: request.signal })
    expect(late.signal.reason).toBe(reason)
  })

  it('I12 E2 keeps nothing of its version once it is released, whoever keeps the lease', async () => {
    await using host = new PluginHost({ strategies: [storeStrategy('clean')] })
    const watched: Record<string, WeakRef<object>> = {}
    const captured = async () => {
      const plugin = cleanStores('1.0.0')
      const handle = await host.add(plugin)
      const attached = await host.attach(STORES.clean, openStore('main'))
      watched.plugin = new WeakRef(plugin)
      watched.resource = new WeakRef(plugin.made[0] as object)
      const leases = [host.capture(), host.acquire(STORES.clean, 'stores')] as const
      await attached.write(1)
      for (const lease of leases) lease[Symbol.dispose]()
      await (
        await host.reload(handle, cleanStores('2.0.0'))
      ).finalized
      return leases
    }
    const [lease, held] = await captured()
    expect(await reachable(watched)).toEqual([])
    expect(lease.epoch).toBe(2)
    expect((await refusalOf(() => held.provider)).code).toBe('LEASE_RELEASED')
  })
})

describe('a provider lease', () => {
  it('I9 holds its own plugin only', async () => {
    await using host = new PluginHost({ strategies: [wordHandoff()] })
    const [a, b] = [wordPlugin('a', '1.0.0'), wordPlugin('b', '1.0.0')]
    const handles = [await host.add(a), await host.add(b)] as const
    const lease = host.acquire(wordKind, 'a', { label: 'job' })
    expect(lease.plugin).toEqual({ id: 'a', version: '1.0.0', generation: 0 })
    expect(await (await host.reload(handles[1], wordPlugin('b', '2.0.0'))).finalized).toMatchObject({
      status: 'finalized',
      blockers: [],
    })
    expect(b.calls.shutdown).toBe(1)
    const { finalized } = await host.reload(handles[0], wordPlugin('a', '2.0.0'))
    expect(host.plugins().filter(({ state }) => state === 'retired')).toMatchObject([
      { id: 'a', generation: 0, heldBy: [{ label: 'job', holds: 'provider' }] },
    ])
    expect(lease.provider.say()).toBe('a@1.0.0')
    expect(a.calls.shutdown).toBe(0)
    lease[Symbol.dispose]()
    lease[Symbol.dispose]()
    await finalized
    expect(a.calls.shutdown).toBe(1)
  })

  it('does not hold a plugin that was installed since', async () => {
    await using host = new PluginHost({ strategies: [wordHandoff()] })
    await host.add(wordPlugin('a', '1.0.0'))
    using _lease = host.capture()
    const b = await host.add(new TestPlugin('b', '1.0.0'))
    expect((await (await host.reload(b, new TestPlugin('b', '2.0.0'))).finalized).status).toBe('finalized')
  })
})
