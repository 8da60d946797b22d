import { PluginHost, stopAndCopy } from '@uni/reload-core'
import { describe, expect, it } from 'vitest'
import { Deferred, turn } from '../fixtures/deferred.js'
import { hostWithStore } from '../fixtures/host-with-store.js'
import { refusalOf } from '../fixtures/refusal.js'
import { leave } from '../fixtures/leave.js'
import { cleanStores, openStore } from '../fixtures/store-plugin.js'
import { closeStore, STORES, storeStrategy } from '../fixtures/store.js'

/** A host whose resource neither the new nor the old version could start again. */
async function hostWithHalted() {
  const { host, plugin, handle, store, events } = await hostWithStore()
  const open = plugin.provider.open.bind(plugin.provider)
  const disk = { full: true }
  plugin.provider.open = () => {
    if (disk.full) throw new Error('the disk is full')
    return open()
  }
  const broken = cleanStores('2.0.0')
  broken.provider.open = () => {
    throw new Error('no disk')
  }
  const error = await refusalOf(host.reload(handle, broken, { cutover: 'exclusive' }))
  return { host, plugin, handle, store, disk, error, events, open }
}

describe('a halted resource', () => {
  it('I10 is visible: in the error, in resources(), to leases and to the observer', async () => {
    const { host, error, events } = await hostWithHalted()
    expect(error).toMatchObject({ code: 'HANDOFF', step: 'start' })
    expect(error.rollbackErrors).toMatchObject([{ phase: 'rollback', step: 'restart', resource: 'main' }])
    expect(host.resources()).toMatchObject([{ name: 'main', state: 'halted', plugin: 'stores@1.0.0' }])
    using lease = host.capture()
    const refused = await refusalOf(() => lease.resource(STORES.clean, 'main'))
    expect(refused).toMatchObject({
      code: 'RESOURCE_HALTED',
      retryable: true,
      surface: 'clean-store',
      resource: 'main',
    })
    expect(refused.message).toContain('the disk is full')
    expect(events.filter(({ type }) => type === 'resource-halted')).toMatchObject([
      { surface: 'clean-store', resource: 'main' },
    ])
  })

  it('is started again by the next write, once it can be', async () => {
    const { host, plugin, store, disk, events } = await hostWithHalted()
    expect(await refusalOf(store.write(1))).toMatchObject({ code: 'RESOURCE_HALTED', retryable: true })
    disk.full = false
    await store.write(2)
    expect(plugin.made).toMatchObject([{ closed: 1 }, { entries: [2], closed: 0 }])
    using lease = host.capture()
    expect(lease.resource(STORES.clean, 'main')).toBe(plugin.made[1])
    expect(host.resources()).toMatchObject([{ state: 'serving' }])
    expect(events.at(-1)).toEqual({ type: 'resource-restarted', surface: 'clean-store', resource: 'main' })
  })

  it('is mended by a reload with a version that starts', async () => {
    const { host, handle, store, plugin } = await hostWithHalted()
    const next = cleanStores('2.0.1')
    const { status, finalized } = await host.reload(handle, next)
    expect({ status, errors: (await finalized).errors }).toEqual({ status: 'committed', errors: [] })
    await store.write(3)
    expect(next.made).toMatchObject([{ entries: [3] }])
    expect(plugin.made).toMatchObject([{ closed: 1 }])
  })

  it('I7 one that a write has started again in the middle of a reload is not stopped under who sees it since', async () => {
    const { host, handle, store, disk } = await hostWithHalted()
    disk.full = false
    await host.attach(STORES.clean, openStore('other'))
    const next = cleanStores('2.0.1')
    const open = next.provider.open.bind(next.provider)
    const slow = new Deferred()
    next.provider.open = async () => {
      await slow.promise
      return open()
    }
    const reloading = refusalOf(host.reload(handle, next))
    await turn()
    await store.write(1)
    using lease = host.capture()
    const serving = lease.resource(STORES.clean, 'main')
    slow.resolve()
    expect(await reloading).toMatchObject({
      code: 'HANDOFF',
      resource: 'main',
      message: expect.stringContaining('reload once more') as string,
      rollbackErrors: [],
    })
    expect(serving).toMatchObject({ entries: [1], closed: 0 })
    expect(await host.reload(handle, next)).toMatchObject({ status: 'committed' })
  })

  it('can be detached: there is nothing to close', async () => {
    const { host, store, plugin } = await hostWithHalted()
    await leave(store)
    expect(host.resources()).toEqual([])
    expect(plugin.made).toMatchObject([{ closed: 1 }])
  })

  it('I7 one that starts again after it was detached is closed, and serves nobody', async () => {
    const { host, store, plugin, open } = await hostWithHalted()
    const opening = new Deferred()
    plugin.provider.open = async () => {
      await opening.promise
      return open()
    }
    const write = store.write(1)
    const detaching = leave(store)
    await turn()
    opening.resolve()
    await Promise.all([write, detaching])
    expect(plugin.made).toMatchObject([{ closed: 1 }, { entries: [1], closed: 1 }])
    using lease = host.capture()
    expect((await refusalOf(() => lease.resource(STORES.clean, 'main'))).code).toBe('RESOURCE_NOT_FOUND')
  })

  it('I12 gives up its checkpoint when it is detached instead', async () => {
    const kept: string[] = []
    const host = new PluginHost({
      strategies: [
        storeStrategy('clean', {
          handoff: (job, ctx) =>
            stopAndCopy(job, ctx, {
              checkpoint: () => {
                kept.push('image')
                return 'image'
              },
              stop: closeStore,
              start: () => {
                throw new Error('nothing starts')
              },
              discard: (image) => {
                kept.splice(kept.indexOf(image), 1)
              },
            }),
        }),
      ],
    })
    const handle = await host.add(cleanStores('1.0.0'))
    const store = await host.attach(STORES.clean, openStore('main'))
    expect((await refusalOf(host.reload(handle, cleanStores('2.0.0')))).code).toBe('HANDOFF')
    expect({ state: host.resources()[0]?.state, kept }).toEqual({ state: 'halted', kept: ['image'] })
    await leave(store)
    expect(kept).toEqual([])
  })
})
