/**
 * The incident: a host replaced several plugins at once. It stopped their services first, and then gave the work in
 * flight five seconds to end. One plugin's calls legitimately run for hours, so the five seconds passed; the recovery
 * was switched off because a stop had failed too, and the host was left with the old plugins refusing calls and the new
 * ones not serving. Reported in https://github.com/openclaw/openclaw/pull/151273.
 *
 * What holds here: whatever the bound, nobody is half replaced. Work in flight is not an obstacle to an overlapping
 * reload: it goes on with the old version, for hours if it takes hours. Where the host asks for an exclusive one, the
 * bound passes before anything was stopped, and the old version goes on serving everybody.
 */
import { PluginHost } from '@uni/reload-core'
import { ManualClock } from '@uni/reload-core/testing'
import { describe, expect, it } from 'vitest'
import { turn } from '../fixtures/deferred.js'
import { refusalOf } from '../fixtures/refusal.js'
import { cleanStores, openStore } from '../fixtures/store-plugin.js'
import { STORES, storeStrategy } from '../fixtures/store.js'
import { wordHandoff, wordKind, wordPlugin } from '../fixtures/word.js'

const DRAIN_MS = 5_000
const HOUR_MS = 3_600_000

async function hostWithLongWork() {
  const clock = new ManualClock()
  const host = new PluginHost({
    strategies: [storeStrategy('clean'), wordHandoff()],
    clock,
    drain: { deadlineMs: DRAIN_MS },
  })
  const old = cleanStores('1.0.0', { id: 'proofs' })
  const handle = await host.add(old)
  const other = wordPlugin('reports', '1.0.0')
  const otherHandle = await host.add(other)
  const store = await host.attach(STORES.clean, openStore('main', 'proofs'))
  const work = host.capture({ label: 'proof of theorem 9' })
  return { clock, host, old, handle, other, otherHandle, store, work }
}

describe('a drain bound of five seconds, and work that runs for hours', () => {
  it('I2 I7 I9 the new version serves at once, and the work ends hours later on the old one, which is then closed', async () => {
    const { clock, host, old, handle, store, work } = await hostWithLongWork()
    const { status, finalized } = await host.reload(handle, cleanStores('2.0.0', { id: 'proofs' }))
    expect(status).toBe('committed')
    clock.advance(DRAIN_MS)
    expect(await finalized).toMatchObject({
      status: 'kept',
      blockers: [{ label: 'proof of theorem 9', holds: 'epoch' }],
    })
    for (let hour = 0; hour < 3; hour += 1) {
      clock.advance(HOUR_MS)
      expect(work.signal.aborted).toBe(false)
      expect(work.resource(STORES.clean, 'main')).toMatchObject({ by: 'proofs@1.0.0', closed: 0 })
      await store.write(hour)
      using now = host.capture()
      expect(now.resource(STORES.clean, 'main')).toMatchObject({ by: 'proofs@2.0.0', closed: 0 })
    }
    expect(old.calls.shutdown).toBe(0)
    work[Symbol.dispose]()
    await host[Symbol.asyncDispose]()
    expect({ shutdown: old.calls.shutdown, closed: old.made.map(({ closed }) => closed) }).toEqual({
      shutdown: 1,
      closed: [1],
    })
  })

  it('I3 I9 an exclusive reload is refused at the bound, and nothing of either plugin was stopped', async () => {
    const { clock, host, old, handle, other, otherHandle, store, work } = await hostWithLongWork()
    const [proofs, reports] = [cleanStores('2.0.0', { id: 'proofs' }), wordPlugin('reports', '2.0.0')]
    const reloading = refusalOf(
      host.reloadAll(
        [
          { handle: otherHandle, plugin: reports },
          { handle, plugin: proofs },
        ],
        { cutover: 'exclusive' },
      ),
    )
    await turn()
    clock.advance(DRAIN_MS)
    const error = await reloading
    expect(error).toMatchObject({ code: 'DRAIN_TIMEOUT', retryable: true })
    expect(error.message).toContain('proof of theorem 9')
    expect([old, other, proofs, reports].map(({ calls }) => calls.shutdown)).toEqual([0, 0, 1, 1])
    expect(old.made).toMatchObject([{ closed: 0 }])
    await store.write(1)
    using now = host.capture()
    expect(now.resource(STORES.clean, 'main')).toBe(work.resource(STORES.clean, 'main'))
    expect(now.get(wordKind, 'reports').say()).toBe('reports@1.0.0')
    expect({ proofs: host.plugin('proofs'), reports: host.plugin('reports') }).toEqual({
      proofs: handle,
      reports: otherHandle,
    })
  })

  it('I3 the same exclusive reload works once the work has ended', async () => {
    const { clock, host, handle, store, work } = await hostWithLongWork()
    const refused = refusalOf(host.reload(handle, cleanStores('2.0.0', { id: 'proofs' }), { cutover: 'exclusive' }))
    await turn()
    clock.advance(DRAIN_MS)
    expect((await refused).code).toBe('DRAIN_TIMEOUT')
    work[Symbol.dispose]()
    expect((await host.reload(handle, cleanStores('2.0.0', { id: 'proofs' }), { cutover: 'exclusive' })).status).toBe(
      'committed',
    )
    await store.write(2)
    using now = host.capture()
    expect(now.resource(STORES.clean, 'main')).toMatchObject({ by: 'proofs@2.0.0', entries: [2] })
  })
})
