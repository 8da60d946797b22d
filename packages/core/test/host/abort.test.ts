import { PluginHost, type ReloadOptions, type ReloadPhase } from '@uni/reload-core'
import { ManualClock } from '@uni/reload-core/testing'
import { describe, expect, it } from 'vitest'
import { Deferred, turn } from '../fixtures/deferred.js'
import { refusalOf } from '../fixtures/refusal.js'
import { cleanStores, openStore } from '../fixtures/store-plugin.js'
import { STORES, StoreProvider, storeStrategy, type Store } from '../fixtures/store.js'

type Moment = 'phase-started' | 'phase-ended'

/**
 * When the caller aborts, and the phase that the error names: the one in which something is begun or waited for next.
 */
const BEFORE_THE_COMMIT: [ReloadPhase, Moment, noticedIn: ReloadPhase][] = [
  ['validate', 'phase-started', 'stage'],
  ['validate', 'phase-ended', 'stage'],
  ['stage', 'phase-started', 'stage'],
  ['stage', 'phase-ended', 'preflight'],
  ['preflight', 'phase-started', 'preflight'],
  ['preflight', 'phase-ended', 'prepare'],
  ['fence', 'phase-started', 'prepare'],
  ['fence', 'phase-ended', 'prepare'],
  ['prepare', 'phase-started', 'prepare'],
  ['prepare', 'phase-ended', 'converge'],
  ['converge', 'phase-started', 'converge'],
  ['converge', 'phase-ended', 'commit'],
  ['commit', 'phase-started', 'commit'],
]

/** Reloads, with the caller aborting when `phase` starts or ends. */
async function abortedAt(phase: ReloadPhase, moment: Moment, more: ReloadOptions = {}) {
  const caller = new AbortController()
  const host = new PluginHost({
    strategies: [storeStrategy('clean')],
    observer: (event) => {
      if (event.type === moment && event.phase === phase && event.operation === 2)
        caller.abort(new Error('changed my mind'))
    },
  })
  const plugin = cleanStores('1.0.0')
  const handle = await host.add(plugin)
  const store = await host.attach(STORES.clean, openStore('main'))
  await store.write(1)
  const next = cleanStores('2.0.0')
  const cutover = phase === 'fence' ? 'exclusive' : 'overlap'
  return {
    host,
    plugin,
    handle,
    store,
    next,
    reloading: host.reload(handle, next, { signal: caller.signal, cutover, ...more }),
  }
}

describe('an abort', () => {
  it.each(BEFORE_THE_COMMIT)('I3 in %s (%s) rolls back: ABORTED in %s', async (phase, moment, noticedIn) => {
    const { host, plugin, handle, store, next, reloading } = await abortedAt(phase, moment)
    const error = await refusalOf(reloading)
    expect(error).toMatchObject({
      code: 'ABORTED',
      phase: noticedIn,
      cause: { message: 'changed my mind' },
      rollbackErrors: [],
    })
    expect(error.message).toContain('the caller aborted')
    expect(host.plugin('stores')).toEqual(handle)
    await store.write(2)
    using lease = host.capture()
    const serving = lease.resource(STORES.clean, 'main')
    expect(serving).toMatchObject({ by: 'stores@1.0.0', closed: 0 })
    expect(plugin.made.flatMap(({ entries }) => entries)).toEqual([1, 2])
    expect(next.made.every(({ closed }) => closed === 1)).toBe(true)
    expect({ pluginShutdown: plugin.calls.shutdown, nextShutdown: next.calls.shutdown }).toEqual({
      pluginShutdown: 0,
      nextShutdown: next.calls.init,
    })
    // Nothing is left behind that would stand in the way of the next try.
    expect((await host.reload(handle, cleanStores('2.0.1'))).status).toBe('committed')
  })

  it('I3 O6 fails a dry run up to its end, too', async () => {
    const { host, plugin, handle, next, reloading } = await abortedAt('converge', 'phase-ended', { dryRun: true })
    expect(await refusalOf(reloading)).toMatchObject({ code: 'ABORTED', phase: 'converge', rollbackErrors: [] })
    expect({ plugin: plugin.made, next: next.made }).toMatchObject({ plugin: [{ closed: 0 }], next: [{ closed: 1 }] })
    expect(host.plugin('stores')).toEqual(handle)
  })

  it.each([
    ['prepare', 'overlap', 'open'],
    ['converge', 'exclusive', 'start'],
  ] as const)('I8 waits for no call that hangs (%s)', async (phase, cutover, step) => {
    const host = new PluginHost({ strategies: [storeStrategy('clean')], clock: new ManualClock() })
    const plugin = cleanStores('1.0.0')
    const handle = await host.add(plugin)
    await host.attach(STORES.clean, openStore('main'))
    const next = cleanStores('2.0.0')
    const opening = new Deferred()
    const opened = new Deferred<Store>()
    next.provider.open = () => {
      opening.resolve()
      return opened.promise
    }
    const caller = new AbortController()
    const failing = refusalOf(host.reload(handle, next, { signal: caller.signal, cutover }))
    await opening.promise
    caller.abort()
    const late = new StoreProvider('stores', '2.0.0').make([])
    // Where two may not be open at once, the old one is not opened again before it is known what became of the new one.
    if (cutover === 'exclusive') opened.resolve(late)
    expect(await failing).toMatchObject({ code: 'ABORTED', phase, resource: 'main', step, rollbackErrors: [] })
    opened.resolve(late)
    await turn()
    expect(late.closed).toBe(1)
    expect(plugin.made.at(-1)?.closed).toBe(0)
  })

  it('I3 waits for no lease, either, where it comes before the drain', async () => {
    const caller = new AbortController()
    const host = new PluginHost({
      strategies: [storeStrategy('clean')],
      clock: new ManualClock(),
      observer: (event) => {
        if (event.type === 'phase-started' && event.phase === 'fence') caller.abort()
      },
    })
    const handle = await host.add(cleanStores('1.0.0'))
    using held = host.acquire(STORES.clean, 'stores')
    const failing = refusalOf(
      host.reload(handle, cleanStores('2.0.0'), { signal: caller.signal, cutover: 'exclusive' }),
    )
    expect(await failing).toMatchObject({ code: 'ABORTED', phase: 'fence' })
    expect(held.signal.aborted).toBe(false)
    // The fence is down again.
    host.acquire(STORES.clean, 'stores')[Symbol.dispose]()
  })

  it('I3 before it begins changes nothing: ABORTED', async () => {
    const host = new PluginHost({ strategies: [storeStrategy('clean')] })
    const handle = await host.add(cleanStores('1.0.0'))
    const next = cleanStores('2.0.0')
    expect((await refusalOf(host.reload(handle, next, { signal: AbortSignal.abort() }))).code).toBe('ABORTED')
    expect((await refusalOf(host.remove(handle, { signal: AbortSignal.abort() }))).code).toBe('ABORTED')
    expect(next.calls).toEqual({ register: 0, init: 0, shutdown: 0 })
    expect(host.plugin('stores')).toEqual(handle)
  })

  it.each(['commit', 'drain', 'finalize'] as const)('after the commit is ignored (%s)', async (phase) => {
    const { host, plugin, next, store, reloading } = await abortedAt(
      phase,
      phase === 'commit' ? 'phase-ended' : 'phase-started',
    )
    const { status, finalized } = await reloading
    expect(status).toBe('committed')
    expect(await finalized).toMatchObject({ status: 'finalized', errors: [] })
    await store.write(2)
    expect(next.made).toMatchObject([{ entries: [2], closed: 0 }])
    expect(plugin.made).toMatchObject([{ closed: 1 }])
    expect(host.plugin('stores')?.generation).toBe(1)
  })

  it('I12 leaves no listener on the signal of the caller', async () => {
    const caller = new AbortController()
    const listeners: unknown[][] = []
    const { signal } = caller
    const [add, remove] = [signal.addEventListener.bind(signal), signal.removeEventListener.bind(signal)]
    signal.addEventListener = (...given: Parameters<typeof add>) => {
      listeners.push(given)
      add(...given)
    }
    signal.removeEventListener = (...given: Parameters<typeof remove>) => {
      const at = listeners.findIndex(([type, listener]) => type === given[0] && listener === given[1])
      if (at >= 0) listeners.splice(at, 1)
      remove(...given)
    }
    const host = new PluginHost({ strategies: [storeStrategy('clean')] })
    const handle = await host.add(cleanStores('1.0.0'))
    await host.attach(STORES.clean, openStore('main'))
    const held = host.acquire(STORES.clean, 'stores')
    const reloading = host.reload(handle, cleanStores('2.0.0'), { signal, cutover: 'exclusive' })
    await turn()
    expect(listeners).toHaveLength(1)
    held[Symbol.dispose]()
    await (
      await reloading
    ).finalized
    expect(listeners).toEqual([])
  })
})
