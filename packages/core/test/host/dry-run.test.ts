import { hostWithStore } from '../fixtures/host-with-store.js'
import { describe, expect, it } from 'vitest'
import { refusalOf } from '../fixtures/refusal.js'
import { cleanStores } from '../fixtures/store-plugin.js'
import { STORES } from '../fixtures/store.js'

async function hostWithWrittenStore() {
  const hosted = await hostWithStore()
  await hosted.store.write(1)
  hosted.events.length = 0
  return hosted
}

describe('a dry run', () => {
  it('O6 I3 goes through everything up to the commit, and leaves nothing changed and nothing open', async () => {
    const { host, plugin, handle, store, events } = await hostWithWrittenStore()
    const epoch = host.capture()
    const next = cleanStores('2.0.0')
    const result = await host.reload(handle, next, { dryRun: true })
    expect(result).toMatchObject({
      status: 'dry-run',
      handle,
      report: { from: '1.0.0', to: '2.0.0', handoffs: [{ resource: 'main' }] },
    })
    expect(await result.finalized).toEqual({ status: 'finalized', drainMs: 0, blockers: [], errors: [] })
    expect(events.filter(({ type }) => type === 'phase-ended').map((event) => 'phase' in event && event.phase)).toEqual(
      ['validate', 'stage', 'preflight', 'prepare', 'converge', 'rollback'],
    )
    expect(next.made).toMatchObject([{ closed: 1 }])
    expect(next.calls).toEqual({ register: 1, init: 1, shutdown: 1 })
    expect(plugin.calls).toEqual({ register: 1, init: 1, shutdown: 0 })
    await store.write(2)
    using lease = host.capture()
    expect(lease.epoch).toBe(epoch.epoch)
    expect(lease.resource(STORES.clean, 'main')).toMatchObject({ by: 'stores@1.0.0', entries: [1, 2], closed: 0 })
    expect(host.plugin('stores')).toEqual(handle)
    expect(host.plugins()).toMatchObject([{ version: '1.0.0', state: 'active' }])
    epoch[Symbol.dispose]()
  })

  it('gives nobody the resources that it has closed again', async () => {
    const { host, handle } = await hostWithWrittenStore()
    const dry = await host.reload(handle, cleanStores('2.0.0'), { dryRun: true })
    expect(dry.resources(STORES.clean).size).toBe(0)
    const next = cleanStores('2.0.0')
    const { resources } = await host.reload(handle, next)
    expect(resources(STORES.clean).get('main')).toBe(next.made[0])
  })

  it('fails as the reload would', async () => {
    const { host, handle } = await hostWithWrittenStore()
    const next = cleanStores('2.0.0')
    next.provider.open = () => {
      throw new Error('no disk')
    }
    expect(await refusalOf(host.reload(handle, next, { dryRun: true }))).toMatchObject({
      code: 'HANDOFF',
      phase: 'prepare',
    })
    expect(next.calls.shutdown).toBe(1)
  })

  it('I10 is no success where undoing it fails', async () => {
    const { host, handle, store, plugin } = await hostWithWrittenStore()
    const error = await refusalOf(
      host.reload(
        handle,
        cleanStores('2.0.0', {
          shutdown: () => {
            throw new Error('no goodbye')
          },
        }),
        { dryRun: true },
      ),
    )
    expect(error).toMatchObject({
      code: 'HANDOFF',
      phase: 'rollback',
      rollbackErrors: [{ code: 'PLUGIN', step: 'shutdown' }],
    })
    expect(error.message).toContain('no goodbye')
    await store.write(2)
    expect(plugin.made[0]?.entries).toEqual([1, 2])
  })
})
