import { PluginHost } from '@uni/reload-core'
import { planRecovery } from '@uni/reload-core/node'
import { ManualClock } from '@uni/reload-core/testing'
import { describe, expect, it } from 'vitest'
import { Deferred, standing } from '../fixtures/deferred.js'
import { journaled, MemoryJournal } from '../fixtures/journaled.js'
import { StorePlugin } from '../fixtures/store-plugin.js'
import { STORES, storeStrategy } from '../fixtures/store.js'

describe('a host with a journal', () => {
  it('writes down an install, which is permanent', async () => {
    const journal = new MemoryJournal()
    const host = new PluginHost({ strategies: [storeStrategy('pre-copy')], journal })
    await host.add(new StorePlugin('1.0.0'))
    expect(journal.version()).toBe('1.0.0')
    expect(host.plugins()).toMatchObject([{ permanent: true }])
  })

  it('writes down a reload, which a crash undoes until it is made permanent', async () => {
    const { journal, host, v2, handle } = await journaled()
    const { handle: next, finalized } = await host.reload(handle, v2)
    expect(journal.types).toEqual(['active', 'intent', 'prepared', 'committed'])
    expect({ version: journal.version(), permanent: host.plugins()[0]?.permanent }).toEqual({
      version: '1.0.0',
      permanent: false,
    })
    await finalized
    expect(journal.types.at(-1)).toBe('finalized')
    await host.makePermanent(next)
    await host.makePermanent(next)
    expect({ version: journal.version(), permanent: host.plugins()[0]?.permanent }).toEqual({
      version: '2.0.0',
      permanent: true,
    })
    expect(journal.types.filter((type) => type === 'permanent')).toHaveLength(1)
  })

  it('J1 nothing of the new version runs before the intent is down, and nothing is moved before it is prepared', async () => {
    const { journal, host, v1, v2, handle, store } = await journaled()
    const seen: Record<string, unknown> = {}
    journal.onAppend = async ({ type }) => {
      seen[type] = [v2.calls.register, v1.provider.calls.includes('persist'), host.plugin('stores')?.generation]
      // Writers do not wait for the disk of the journal.
      if (type === 'prepared') await store.write(7)
    }
    await (
      await host.reload(handle, v2)
    ).finalized
    expect(seen).toEqual({
      intent: [0, false, 0],
      prepared: [1, true, 0],
      committed: [1, true, 1],
      finalized: [1, true, 1],
    })
    using lease = host.capture()
    expect(lease.resource(STORES['pre-copy'], 'main').entries).toEqual([7])
  })

  it('reload resolves when the commit is down', async () => {
    const { journal, host, v2, handle } = await journaled()
    const [committed, disk] = [new Deferred(), new Deferred()]
    journal.onAppend = ({ type }) => {
      if (type !== 'committed') return
      committed.resolve()
      return disk.promise
    }
    const result = host.reload(handle, v2)
    await committed.promise
    expect({ result: await standing(result), generation: host.plugin('stores')?.generation }).toEqual({
      result: 'pending',
      generation: 1,
    })
    disk.resolve()
    expect((await result).status).toBe('committed')
  })

  it('O1 a plugin that is changed again while the commit is being written down is not changed a third time', async () => {
    const { journal, host, v2, handle } = await journaled()
    const [committed, disk] = [new Deferred(), new Deferred()]
    journal.onAppend = (record) => {
      if (record.type !== 'committed' || record.operation !== 2) return
      committed.resolve()
      return disk.promise
    }
    const first = host.reload(handle, v2)
    await committed.promise
    const init = new Deferred()
    const again = host.plugin('stores') as typeof handle
    const second = host.reload(again, new StorePlugin('3.0.0', { init: () => init.promise }))
    disk.resolve()
    await first
    await expect(host.reload(again, new StorePlugin('4.0.0'))).rejects.toMatchObject({ code: 'RELOAD_IN_PROGRESS' })
    init.resolve()
    expect((await second).handle.generation).toBe(2)
  })

  it('writes down that a reload was rolled back', async () => {
    const { journal, host, v2, handle } = await journaled()
    v2.provider.breakNext('verify', () => {
      throw new Error('no')
    })
    await expect(host.reload(handle, v2)).rejects.toMatchObject({ code: 'HANDOFF' })
    expect(journal.types).toEqual(['active', 'intent', 'rolled-back'])
    expect(planRecovery(journal.records).plugins.get('stores')?.abandoned).toEqual([])
  })

  it('a dry run and the end of the host write nothing', async () => {
    const { journal, host, v2, handle } = await journaled()
    await host.reload(handle, v2, { dryRun: true })
    await host[Symbol.asyncDispose]()
    expect(journal.types).toEqual(['active'])
  })

  it('a removal is permanent', async () => {
    const { journal, host, handle } = await journaled()
    await host.remove(handle, { onOrphan: 'close' })
    expect(journal.version()).toBeUndefined()
  })

  it('a health period that passes makes permanent; one that does not comes back on the old version either way', async () => {
    for (const healthy of [true, false]) {
      const { journal, clock, host, v2, handle } = await journaled()
      const { finalized } = await host.reload(handle, v2, { bake: { ms: 10, healthy: () => healthy } })
      expect(journal.version()).toBe('1.0.0')
      clock.advance(10)
      await finalized
      expect(journal.version()).toBe(healthy ? '2.0.0' : '1.0.0')
      expect(host.plugins().find(({ state }) => state === 'active')).toMatchObject({
        version: healthy ? '2.0.0' : '1.0.0',
        permanent: true,
      })
    }
  })

  it.each(['with one of them', 'when their period ends'])(
    'plugins that were reloaded together become permanent together, %s',
    async (when) => {
      const journal = new MemoryJournal()
      const clock = new ManualClock()
      const host = new PluginHost({ strategies: [storeStrategy('pre-copy')], journal, clock })
      const handles = [
        await host.add(new StorePlugin('1.0.0', { id: 'a' })),
        await host.add(new StorePlugin('1.0.0', { id: 'b' })),
      ]
      const [first] = await host.reloadAll(
        handles.map((handle) => ({ handle, plugin: new StorePlugin('2.0.0', { id: handle.id }) })),
        { bake: { ms: 10 } },
      )
      if (first === undefined) throw new Error('no result')
      if (when === 'with one of them') await host.makePermanent(first.handle)
      else clock.advance(10)
      await first.finalized
      expect(['a', 'b'].map((id) => journal.version(id))).toEqual(['2.0.0', '2.0.0'])
      expect(journal.types.filter((type) => type === 'permanent')).toHaveLength(1)
    },
  )

  it('refuses a stale handle', async () => {
    const { host, v2, handle } = await journaled()
    await host.reload(handle, v2)
    await expect(host.makePermanent(handle)).rejects.toMatchObject({ code: 'STALE_HANDLE' })
  })
})
