import { cleanHandoff, PluginHost, stopAndCopy } from '@uni/reload-core'
import { ManualClock } from '@uni/reload-core/testing'
import { describe, expect, it } from 'vitest'
import { turn } from '../fixtures/deferred.js'
import { refusalOf } from '../fixtures/refusal.js'
import { cleanStores, openStore, StorePlugin } from '../fixtures/store-plugin.js'
import { closeStore, STORES, storeStrategy, type Store } from '../fixtures/store.js'
import { wordHandoff, wordKind, wordPlugin } from '../fixtures/word.js'

describe('finalize', () => {
  it('I10 reports what fails, in order, and rejects never', async () => {
    const close = (store: Store): void => {
      closeStore(store)
      throw new Error('the disk is gone')
    }
    const host = new PluginHost({ strategies: [cleanHandoff(STORES.clean, { medium: 'shared', close })] })
    const plugin = cleanStores('1.0.0', {
      shutdown: () => {
        throw new Error('no goodbye')
      },
    })
    const handle = await host.add(plugin)
    await host.attach(STORES.clean, openStore('main'))
    const { finalized } = await host.reload(handle, cleanStores('2.0.0'))
    const { status, errors } = await finalized
    expect(status).toBe('finalized')
    expect(errors).toMatchObject([
      { code: 'HANDOFF', phase: 'finalize', step: 'close', surface: 'clean-store', resource: 'main' },
      { code: 'PLUGIN', phase: 'finalize', step: 'shutdown', plugin: 'stores@1.0.0' },
    ])
    expect(plugin.made[0]?.closed).toBe(1)
    expect(host.plugins()).toMatchObject([{ version: '2.0.0' }])
  })

  it('I8 closes a resource that leaves although its last write never settles, and says so', async () => {
    const clock = new ManualClock()
    const host = new PluginHost({ strategies: [storeStrategy('stop-and-copy')], clock, timeouts: { finalize: 100 } })
    const plugin = new StorePlugin('1.0.0', { discipline: 'stop-and-copy' })
    const handle = await host.add(plugin)
    const busy = await host.attach(STORES['stop-and-copy'], openStore('busy'))
    plugin.provider.breakNext('apply', () => new Promise(() => {}))
    void busy.write(1).catch(() => {})
    await turn()
    const { finalized } = await host.remove(handle, { onOrphan: 'close' })
    await turn()
    clock.advance(100)
    expect((await finalized).errors).toMatchObject([
      {
        code: 'STEP_TIMEOUT',
        phase: 'finalize',
        step: 'let the last write settle',
        surface: 'stop-and-copy-store',
        key: 'stores',
        resource: 'busy',
      },
    ])
    expect(plugin.provider.made).toMatchObject([{ closed: 1 }])
  })

  it.each<[string, () => Promise<void>, string]>([
    ['I8 gives up on a checkpoint that is not removed in time', () => new Promise(() => {}), 'STEP_TIMEOUT'],
    ['I10 reports a checkpoint that cannot be removed', () => Promise.reject(new Error('read-only')), 'HANDOFF'],
  ])('%s: that of a resource which was never started again', async (_, discard, code) => {
    const clock = new ManualClock()
    const host = new PluginHost({
      clock,
      timeouts: { finalize: 100 },
      strategies: [
        storeStrategy('clean', {
          handoff: (job, ctx) =>
            stopAndCopy(job, ctx, {
              checkpoint: () => 'image',
              stop: closeStore,
              start: () => {
                throw new Error('nothing starts')
              },
              discard,
            }),
        }),
      ],
    })
    const handle = await host.add(cleanStores('1.0.0'))
    await host.attach(STORES.clean, openStore('main'))
    await refusalOf(host.reload(handle, cleanStores('2.0.0')))
    const { finalized } = await host.remove(handle, { onOrphan: 'close' })
    await turn()
    clock.advance(100)
    expect((await finalized).errors).toMatchObject([
      { code, phase: 'finalize', step: 'discard checkpoint', resource: 'main' },
    ])
  })

  it('takes a strategy that has nothing to close with', async () => {
    const { close: _, ...strategy } = storeStrategy('clean')
    const host = new PluginHost({ strategies: [strategy] })
    const handle = await host.add(cleanStores('1.0.0'))
    await host.attach(STORES.clean, openStore('main'))
    const { finalized } = await host.remove(handle, { onOrphan: 'close' })
    expect(await finalized).toMatchObject({ status: 'finalized', errors: [] })
    expect(host.resources()).toEqual([])
  })

  it('I8 a shutdown that hangs is given up on, and reported', async () => {
    const clock = new ManualClock()
    const host = new PluginHost({ strategies: [wordHandoff()], clock, timeouts: { finalize: 100 } })
    const handle = await host.add(wordPlugin('a', '1.0.0', ['a'], { shutdown: () => new Promise(() => {}) }))
    const { finalized } = await host.reload(handle, wordPlugin('a', '2.0.0'))
    await turn()
    clock.advance(100)
    expect((await finalized).errors).toMatchObject([{ code: 'STEP_TIMEOUT', phase: 'finalize', step: 'shutdown' }])
    using lease = host.capture()
    expect(lease.get(wordKind, 'a').say()).toBe('a@2.0.0')
  })
})
