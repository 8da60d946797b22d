/**
 * The incident: a replacement gave up on a service whose `start` was pending, and stopped it. When that `start` then
 * rejected, the ordinary clean-up after a failed start stopped it again, and the service was asked to close what it had
 * closed. Others have seen the same from a signal handler beside an explicit close, and from one plugin listed under
 * two kinds. Reported in https://github.com/openclaw/openclaw/issues/135990,
 * https://github.com/bakdata/streams-bootstrap/issues/263 and
 * https://github.com/OpenIntegrationEngine/engine/issues/120.
 *
 * What holds here: a plugin is shut down once for each `init` that succeeded, and a resource is closed once, whoever
 * asks for it and however often, and whatever an `init` does after it was given up on.
 */
import { PluginHost } from '@uni/reload-core'
import { describe, expect, it } from 'vitest'
import { Deferred, turn } from '../fixtures/deferred.js'
import { hostWithStore } from '../fixtures/host-with-store.js'
import { refusalOf } from '../fixtures/refusal.js'
import { cleanStores, openStore } from '../fixtures/store-plugin.js'
import { STORES, StoreProvider, storeStrategy } from '../fixtures/store.js'
import { wordHandoff, wordKind, word } from '../fixtures/word.js'

const TIMEOUT_MS = 1_000

async function scene() {
  const hosted = await hostWithStore({
    strategies: [storeStrategy('clean'), wordHandoff()],
    timeouts: { stage: TIMEOUT_MS },
    drain: { deadlineMs: TIMEOUT_MS, graceMs: TIMEOUT_MS },
  })
  const { plugin } = hosted
  const closed = (): readonly number[] => [plugin.calls.shutdown, ...plugin.made.map((store) => store.closed)]
  return { ...hosted, closed }
}

describe('a plugin that two ask to stop', () => {
  it.each([
    ['resolves', 1],
    ['rejects', 0],
  ] as const)('I7 I8 an init that was given up on and then %s: shut down %i times', async (how, times) => {
    const { clock, host, handle } = await scene()
    const init = new Deferred()
    const next = cleanStores('2.0.0', { init: () => init.promise })
    const failing = refusalOf(host.reload(handle, next))
    await turn()
    clock.advance(TIMEOUT_MS)
    expect((await failing).code).toBe('STEP_TIMEOUT')
    init[how === 'resolves' ? 'resolve' : 'reject'](undefined as never)
    await turn()
    await host[Symbol.asyncDispose]()
    expect(next.calls).toMatchObject({ init: 1, shutdown: times })
  })

  it('I7 a removal and the end of the host, at once', async () => {
    const { host, handle, closed } = await scene()
    await Promise.allSettled([
      host.remove(handle, { onOrphan: 'close' }),
      host[Symbol.asyncDispose](),
      host[Symbol.asyncDispose](),
    ])
    await host[Symbol.asyncDispose]()
    expect(closed()).toEqual([1, 1])
  })

  it('I7 two removals at once', async () => {
    const { host, handle, closed } = await scene()
    const outcomes = await Promise.allSettled([
      host.remove(handle, { onOrphan: 'close' }),
      host.remove(handle, { onOrphan: 'close' }),
    ])
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected'])
    await host[Symbol.asyncDispose]()
    expect(closed()).toEqual([1, 1])
  })

  it('I7 a version that was kept past its drain, its last lease, and the end of the host', async () => {
    const { clock, host, handle, closed } = await scene()
    const lease = host.capture()
    const { finalized } = await host.reload(handle, cleanStores('2.0.0'))
    clock.advance(TIMEOUT_MS)
    expect((await finalized).status).toBe('kept')
    const closing = host[Symbol.asyncDispose]()
    lease[Symbol.dispose]()
    lease[Symbol.dispose]()
    await closing
    expect(closed()).toEqual([1, 1])
  })

  it('I7 one that provides on two surfaces', async () => {
    await using host = new PluginHost({ strategies: [storeStrategy('clean'), wordHandoff()] })
    const provider = new StoreProvider('stores', '1.0.0')
    const plugin = cleanStores('1.0.0', {
      id: 'both',
      provider,
      register: (registrar) => {
        registrar.provide(STORES.clean, provider).provide(wordKind, word('both'))
      },
    })
    await host.add(plugin)
    await host.attach(STORES.clean, openStore('main'))
    await host[Symbol.asyncDispose]()
    expect([plugin.calls.shutdown, ...plugin.made.map((store) => store.closed)]).toEqual([1, 1])
  })
})
