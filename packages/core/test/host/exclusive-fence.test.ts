import { describe, expect, it } from 'vitest'
import { standing, turn } from '../fixtures/deferred.js'
import { lockedHost } from '../fixtures/locked-store.js'
import { refusalOf } from '../fixtures/refusal.js'
import { STORES } from '../fixtures/store.js'
import { wordKind } from '../fixtures/word.js'

describe('an exclusive reload', () => {
  it('never has two owners, where an overlapping one would', async () => {
    const { host, plugin, handle, next, store } = await lockedHost()
    expect((await refusalOf(host.reload(handle, next()))).message).toContain('locked by another owner')
    await store.write(1)
    expect(plugin.made[0]).toMatchObject({ entries: [1], closed: 0 })
    const { status, finalized } = await host.reload(handle, next(), { cutover: 'exclusive' })
    expect(status).toBe('committed')
    await finalized
    using lease = host.capture()
    expect(lease.resource(STORES.clean, 'main').by).toBe('stores@2.0.0')
    expect(plugin.made).toMatchObject([{ closed: 1 }])
    expect(plugin.calls.shutdown).toBe(1)
  })

  it('fences new captures of its surfaces: SURFACE_FENCED, retryable; other plugins are unaffected', async () => {
    const { host, handle, next } = await lockedHost()
    const before = host.capture({ label: 'before' })
    const reloading = host.reload(handle, next(), { cutover: 'exclusive' })
    await turn()
    const fenced = host.capture()
    const refused = [
      await refusalOf(() => fenced.get(STORES.clean, 'stores')),
      await refusalOf(() => fenced.find(STORES.clean, 'stores')),
      await refusalOf(() => fenced.all(STORES.clean)),
      await refusalOf(() => fenced.resource(STORES.clean, 'main')),
      await refusalOf(() => host.acquire(STORES.clean, 'stores')),
    ]
    expect(refused.map(({ code, retryable, plugin }) => [code, retryable, plugin])).toEqual(
      Array.from({ length: 5 }, () => ['SURFACE_FENCED', true, 'stores@1.0.0']),
    )
    expect(fenced.find(STORES.clean, 'other')).toBeUndefined()
    expect(fenced.get(wordKind, 'words').say()).toBe('words@1.0.0')
    expect(host.acquire(wordKind, 'words')[Symbol.dispose]()).toBeUndefined()
    expect(before.resource(STORES.clean, 'main').closed).toBe(0)
    expect(await standing(reloading)).toBe('pending')
    before[Symbol.dispose]()
    await reloading
    // A lease sees the epoch it was captured in, its fence included (I1).
    expect((await refusalOf(() => fenced.get(STORES.clean, 'stores'))).code).toBe('SURFACE_FENCED')
    fenced[Symbol.dispose]()
    using after = host.capture()
    expect(after.resource(STORES.clean, 'main').by).toBe('stores@2.0.0')
  })

  it('a lease that was captured behind the fence holds the fenced plugin neither now nor at its next reload', async () => {
    const { host, clock, handle, next } = await lockedHost({ deadlineMs: 100 })
    const before = host.capture()
    const failing = refusalOf(host.reload(handle, next(), { cutover: 'exclusive' }))
    await turn()
    using _fenced = host.capture({ label: 'behind' })
    clock.advance(100)
    expect((await failing).code).toBe('DRAIN_TIMEOUT')
    before[Symbol.dispose]()
    const { finalized } = await host.reload(handle, next(), { cutover: 'exclusive' })
    expect((await finalized).status).toBe('finalized')
  })

  it('O6 a dry run fences nothing and stops nothing', async () => {
    const { host, handle, next, plugin } = await lockedHost()
    using _lease = host.capture()
    const plugin2 = next()
    expect((await host.reload(handle, plugin2, { cutover: 'exclusive', dryRun: true })).status).toBe('dry-run')
    expect(plugin.made).toMatchObject([{ closed: 0 }])
    expect(plugin2.made).toEqual([])
  })

  it('removes exclusively too: nothing of it is served while it drains', async () => {
    const { host, handle, plugin } = await lockedHost()
    const lease = host.capture()
    const removing = host.remove(handle, { cutover: 'exclusive', onOrphan: 'close' })
    await turn()
    expect((await refusalOf(() => host.acquire(STORES.clean, 'stores'))).code).toBe('SURFACE_FENCED')
    lease[Symbol.dispose]()
    await (
      await removing
    ).finalized
    expect(plugin.made).toMatchObject([{ closed: 1 }])
    expect((await refusalOf(() => host.acquire(STORES.clean, 'stores'))).code).toBe('PROVIDER_NOT_FOUND')
  })
})
