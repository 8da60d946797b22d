import { PluginHost, type Journal, type ReloadResult } from '@uni/reload-core'
import { npmRanges } from '@uni/reload-core/ranges'
import { describe, expect, it } from 'vitest'
import { Deferred } from '../fixtures/deferred.js'
import { MemoryJournal } from '../fixtures/journaled.js'
import { StorePlugin } from '../fixtures/store-plugin.js'
import { storeStrategy } from '../fixtures/store.js'
import { TestPlugin } from '../fixtures/test-plugin.js'

const needing = (version: string, range?: string, optional = false): TestPlugin =>
  new TestPlugin('user', version, range === undefined ? {} : { dependsOn: [{ id: 'base', range, optional }] })
const base = (version: string): TestPlugin => new TestPlugin('base', version)

describe('J5 the versions that a crash comes back on go together', () => {
  it('refuses to make permanent what does not go with the version that a crash comes back on', async () => {
    const journal = new MemoryJournal()
    const host = new PluginHost({ ranges: npmRanges, strategies: [storeStrategy('pre-copy')], journal })
    const base = await host.add(new StorePlugin('1.0.0', { id: 'base' }))
    const user = await host.add(new StorePlugin('1.0.0', { id: 'user' }))
    const newBase = await host.reload(base, new StorePlugin('2.0.0', { id: 'base' }))
    const newUser = await host.reload(
      user,
      new StorePlugin('2.0.0', { id: 'user', dependsOn: [{ id: 'base', range: '^2.0.0' }] }),
    )
    await expect(host.makePermanent(newUser.handle)).rejects.toMatchObject({
      code: 'DEPENDENCY',
      phase: 'bake',
      plugin: 'user@2.0.0',
    })
    expect(journal.version('user')).toBe('1.0.0')
    await host.makePermanent(newBase.handle)
    await host.makePermanent(newUser.handle)
    expect(['base', 'user'].map((id) => journal.version(id))).toEqual(['2.0.0', '2.0.0'])
  })

  it('what is removed while it is made permanent leaves nothing that others have to go with', async () => {
    const disk = new Deferred()
    const journal: Journal = {
      append: async ({ type }) => {
        if (type === 'permanent') await disk.promise
      },
    }
    const host = new PluginHost({ ranges: npmRanges, strategies: [], journal })
    const dependent = (version: string) =>
      new TestPlugin('dependent', version, { dependsOn: [{ id: 'other', range: '^1.0.0' }] })
    const other = await host.add(new TestPlugin('other', '1.0.0'))
    const { handle } = await host.reload(await host.add(dependent('1.0.0')), dependent('1.1.0'))
    const permanent = host.makePermanent(handle)
    await host.remove(handle)
    disk.resolve()
    await permanent
    const next = await host.reload(other, new TestPlugin('other', '2.0.0'))
    await host.makePermanent(next.handle)
    expect(host.plugins()[0]).toMatchObject({ version: '2.0.0', permanent: true })
  })

  it('nor does a plugin that was removed before, of those that were reloaded together', async () => {
    const journal = new MemoryJournal()
    const host = new PluginHost({ ranges: npmRanges, strategies: [], journal })
    const needed = await host.add(base('1.0.0'))
    const user = await host.add(needing('1.0.0', '^1.0.0'))
    const other = await host.add(new TestPlugin('other', '1.0.0'))
    const [newUser, newOther] = (await host.reloadAll([
      { handle: user, plugin: needing('2.0.0', '^1.0.0') },
      { handle: other, plugin: new TestPlugin('other', '2.0.0') },
    ])) as [ReloadResult, ReloadResult]
    await host.remove(newUser.handle)
    await host.remove(needed)
    await host.makePermanent(newOther.handle)
    expect(['base', 'user', 'other'].map((id) => journal.version(id))).toEqual([undefined, undefined, '2.0.0'])
  })

  it('a plugin is not removed while one needs it in the version that a crash comes back on', async () => {
    const journal = new MemoryJournal()
    const host = new PluginHost({ ranges: npmRanges, strategies: [], journal })
    const needed = await host.add(base('1.0.0'))
    const { handle } = await host.reload(await host.add(needing('1.0.0', '^1.0.0')), needing('2.0.0'))
    await expect(host.remove(needed)).rejects.toMatchObject({
      code: 'DEPENDENCY',
      phase: 'validate',
      plugin: 'user@1.0.0',
      hint: expect.stringContaining('makePermanent') as string,
    })
    expect(host.plugins()).toMatchObject([
      { id: 'base', state: 'active' },
      { id: 'user', version: '2.0.0' },
    ])
    await host.makePermanent(handle)
    await host.remove(needed)
    expect({ base: journal.version('base'), user: journal.version('user') }).toEqual({ base: undefined, user: '2.0.0' })
  })

  it('a plugin is not installed that needs a version which a crash does not come back on', async () => {
    const journal = new MemoryJournal()
    const host = new PluginHost({ ranges: npmRanges, strategies: [], journal })
    const { handle } = await host.reload(await host.add(base('1.0.0')), base('2.0.0'))
    await expect(host.add(needing('1.0.0', '^2.0.0'))).rejects.toMatchObject({
      code: 'DEPENDENCY',
      plugin: 'user@1.0.0',
    })
    await expect(host.add(needing('1.0.0', '^2.0.0', true))).rejects.toMatchObject({ code: 'DEPENDENCY' })
    await host.makePermanent(handle)
    await host.add(needing('1.0.0', '^2.0.0'))
    expect({ base: journal.version('base'), user: journal.version('user') }).toEqual({ base: '2.0.0', user: '1.0.0' })
  })

  it('one that is made permanent late does not take the place of one that came after it', async () => {
    const disk = new Deferred()
    const journal = new MemoryJournal()
    const host = new PluginHost({ ranges: npmRanges, strategies: [], journal })
    const second = await host.reload(await host.add(base('1.0.0')), base('2.0.0'))
    journal.onAppend = ({ type }) => {
      if (type === 'permanent') return disk.promise
    }
    const late = host.makePermanent(second.handle)
    const third = await host.reload(second.handle, base('3.0.0'))
    journal.onAppend = () => {}
    await host.makePermanent(third.handle)
    disk.resolve()
    await late
    expect(host.plugins()).toMatchObject([{ version: '3.0.0', permanent: true }])
    expect(journal.version('base')).toBe('3.0.0')
  })

  it('what is optional may be missing', async () => {
    const journal = new MemoryJournal()
    const host = new PluginHost({ ranges: npmRanges, strategies: [], journal })
    const { handle } = await host.reload(
      await host.add(needing('1.0.0', '^1.0.0', true)),
      needing('1.1.0', '^1.0.0', true),
    )
    await host.makePermanent(handle)
    expect(journal.version('user')).toBe('1.1.0')
  })

  it('without a journal no crash comes back on anything, and what is installed is enough', async () => {
    const host = new PluginHost({ ranges: npmRanges, strategies: [] })
    const first = await host.add(base('1.0.0'))
    const { handle } = await host.reload(first, base('2.0.0'))
    const user = await host.add(needing('1.0.0', '^2.0.0'))
    await host.reload(user, needing('2.0.0'))
    await (
      await host.remove(handle)
    ).finalized
    expect(host.plugins()).toMatchObject([{ id: 'user', version: '2.0.0' }])
  })
})
