import { PluginHost, type Journal, type JournalRecord } from '@uni/reload-core'
import { planRecovery } from '@uni/reload-core/node'
import { ManualClock } from '@uni/reload-core/testing'
import { describe, expect, it } from 'vitest'
import { Deferred, standing, turn } from '../fixtures/deferred.js'
import { StorePlugin } from '../fixtures/store-plugin.js'
import { STORES, storeStrategy } from '../fixtures/store.js'

/** Keeps records in memory; a record can be made to fail, or to wait. */
class MemoryJournal implements Journal {
  readonly records: JournalRecord[] = [{ type: 'active', plugins: {} }]
  onAppend: (record: JournalRecord) => Promise<void> | void = () => {}

  async append(record: JournalRecord): Promise<void> {
    await this.onAppend(record)
    this.records.push(record)
  }

  get types(): string[] { return this.records.map(({ type }) => type) }
  version(id = 'stores'): string | undefined { return planRecovery(this.records).plugins.get(id)?.version }
}

async function journaled() {
  const journal = new MemoryJournal()
  const clock = new ManualClock()
  const host = new PluginHost({ strategies: [storeStrategy('pre-copy')], journal, clock })
  const v1 = new StorePlugin('1.0.0')
  const handle = await host.add(v1)
  const store = await host.attach(STORES['pre-copy'], { name: 'main', key: 'stores', open: (provider) => provider.open(undefined) })
  await turn()
  journal.records.splice(1)
  journal.records[0] = { type: 'active', plugins: { stores: '1.0.0' } }
  return { journal, clock, host, v1, v2: new StorePlugin('2.0.0'), handle, store }
}

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
    expect([journal.version(), host.plugins()[0]?.permanent]).toEqual(['1.0.0', false])
    await finalized
    expect(journal.types.at(-1)).toBe('finalized')
    await host.makePermanent(next)
    await host.makePermanent(next)
    expect([journal.version(), host.plugins()[0]?.permanent]).toEqual(['2.0.0', true])
    expect(journal.types.filter((type) => type === 'permanent')).toHaveLength(1)
  })

  it('nothing of the new version runs before the intent is down, and nothing is moved before it is prepared', async () => {
    const { journal, host, v1, v2, handle, store } = await journaled()
    const seen: Record<string, unknown> = {}
    journal.onAppend = async ({ type }) => {
      seen[type] = [v2.calls.register, v1.provider.calls.includes('persist'), host.plugin('stores')?.generation]
      // Writers do not wait for the disk of the journal.
      if (type === 'prepared') await store.write(7)
    }
    await (await host.reload(handle, v2)).finalized
    expect(seen).toEqual({ intent: [0, false, 0], prepared: [1, true, 0], committed: [1, true, 1], finalized: [1, true, 1] })
    using lease = host.capture()
    expect(lease.resource(STORES['pre-copy'], 'main').entries).toEqual([7])
  })

  it('reload resolves when the commit is down', async () => {
    const { journal, host, v2, handle } = await journaled()
    const disk = new Deferred()
    journal.onAppend = ({ type }) => type === 'committed' ? disk.promise : undefined
    const result = host.reload(handle, v2)
    await turn()
    expect([await standing(result), host.plugin('stores')?.generation]).toEqual(['pending', 1])
    disk.resolve()
    expect((await result).status).toBe('committed')
  })

  it.each(['intent', 'prepared'])('I3 rolls back where the %s cannot be written down', async (type) => {
    const { journal, host, v1, v2, handle, store } = await journaled()
    journal.onAppend = (record) => { if (record.type === type) throw new Error('no space left') }
    await expect(host.reload(handle, v2)).rejects.toMatchObject({ code: 'JOURNAL', plugin: 'stores', step: type, hint: expect.any(String) as string })
    await store.write(1)
    using lease = host.capture()
    expect(lease.resource(STORES['pre-copy'], 'main')).toBe(v1.provider.made[0])
    expect([v1.calls.shutdown, v2.calls.init, v2.calls.shutdown]).toEqual(type === 'intent' ? [0, 0, 0] : [0, 1, 1])
    expect(v2.provider.made.every(({ closed }) => closed === 1)).toBe(true)
    expect([journal.version(), host.plugin('stores')]).toEqual(['1.0.0', handle])
  })

  it('I10 a commit that cannot be written down has happened, and is reported', async () => {
    const { journal, host, v2, handle } = await journaled()
    journal.onAppend = ({ type }) => { if (type === 'committed') throw new Error('no space left') }
    const result = await host.reload(handle, v2)
    expect(result.status).toBe('committed')
    expect((await result.finalized).errors).toMatchObject([{ code: 'JOURNAL', step: 'committed' }])
  })

  it('writes down that a reload was rolled back', async () => {
    const { journal, host, v2, handle } = await journaled()
    v2.provider.breakNext('verify', () => { throw new Error('no') })
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
      expect(host.plugins().find(({ state }) => state === 'active')).toMatchObject({ version: healthy ? '2.0.0' : '1.0.0', permanent: true })
    }
  })

  it('a health period whose end cannot be written down says so', async () => {
    const { journal, clock, host, v2, handle } = await journaled()
    const { finalized } = await host.reload(handle, v2, { bake: { ms: 10 } })
    journal.onAppend = ({ type }) => { if (type === 'permanent') throw new Error('no space left') }
    clock.advance(10)
    expect((await finalized).bake).toMatchObject({ outcome: 'healthy', error: { message: 'no space left' } })
    expect(host.plugins()).toMatchObject([{ version: '2.0.0', permanent: false }])
  })

  it('plugins that were reloaded together become permanent together', async () => {
    const journal = new MemoryJournal()
    const host = new PluginHost({ strategies: [storeStrategy('pre-copy')], journal })
    const handles = [await host.add(new StorePlugin('1.0.0', { id: 'a' })), await host.add(new StorePlugin('1.0.0', { id: 'b' }))]
    const [first] = await host.reloadAll(handles.map((handle) => ({ handle, plugin: new StorePlugin('2.0.0', { id: handle.id }) })))
    if (first === undefined) throw new Error('no result')
    await host.makePermanent(first.handle)
    expect(['a', 'b'].map((id) => journal.version(id))).toEqual(['2.0.0', '2.0.0'])
  })

  it('refuses to make permanent what does not go with the version that a crash comes back on', async () => {
    const journal = new MemoryJournal()
    const host = new PluginHost({ strategies: [storeStrategy('pre-copy')], journal })
    const base = await host.add(new StorePlugin('1.0.0', { id: 'base' }))
    const user = await host.add(new StorePlugin('1.0.0', { id: 'user' }))
    const newBase = await host.reload(base, new StorePlugin('2.0.0', { id: 'base' }))
    const newUser = await host.reload(user, new StorePlugin('2.0.0', { id: 'user', dependsOn: [{ id: 'base', range: '^2.0.0' }] }))
    await expect(host.makePermanent(newUser.handle)).rejects.toMatchObject({ code: 'DEPENDENCY', plugin: 'user@2.0.0' })
    expect(journal.version('user')).toBe('1.0.0')
    await host.makePermanent(newBase.handle)
    await host.makePermanent(newUser.handle)
    expect(['base', 'user'].map((id) => journal.version(id))).toEqual(['2.0.0', '2.0.0'])
  })

  it('refuses a stale handle', async () => {
    const { host, v2, handle } = await journaled()
    await host.reload(handle, v2)
    await expect(host.makePermanent(handle)).rejects.toMatchObject({ code: 'STALE_HANDLE' })
  })
})
