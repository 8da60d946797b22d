import { PluginHost, type BakeOptions } from '@uni/reload-core'
import { ManualClock } from '@uni/reload-core/testing'
import { describe, expect, it } from 'vitest'
import { standing, turn } from '../fixtures/deferred.js'
import { wordHandoff, wordPlugin } from '../fixtures/word.js'

/** A reload that bakes for 100 ms and drains for 10, with a lease that holds the old version. */
async function heldWhileBaking(healthy: BakeOptions['healthy']) {
  const clock = new ManualClock()
  const host = new PluginHost({ strategies: [wordHandoff()], clock, drain: { deadlineMs: 10 } })
  const old = wordPlugin('a', '1.0.0')
  const handle = await host.add(old)
  const lease = host.capture({ label: 'report' })
  const { finalized } = await host.reload(handle, wordPlugin('a', '2.0.0'), { bake: { ms: 100, ...(healthy && { healthy }) } })
  clock.advance(10)
  await turn()
  return { clock, host, old, lease, finalized }
}

describe('leases that outlive the drain of a reload that bakes', () => {
  it('I10 and end within the period, are no reason to keep the old version', async () => {
    const { clock, old, lease, finalized } = await heldWhileBaking(() => true)
    lease[Symbol.dispose]()
    expect([await standing(finalized), old.calls.shutdown]).toEqual(['pending', 0])
    clock.advance(90)
    expect(await finalized).toMatchObject({ status: 'finalized', bake: { outcome: 'healthy' }, drainMs: 10, blockers: [{ label: 'report' }] })
    expect(old.calls.shutdown).toBe(1)
  })

  it('I10 hold the version that serves again, and no retired one, when the reload is taken back', async () => {
    const { clock, host, old, lease, finalized } = await heldWhileBaking(() => false)
    expect(host.plugins()).toMatchObject([{ version: '2.0.0', state: 'baking' }, { version: '1.0.0', state: 'retired', heldBy: [{ label: 'report' }] }])
    clock.advance(90)
    expect(await finalized).toMatchObject({ status: 'taken-back', bake: { outcome: 'taken-back' }, blockers: [{ label: 'report' }] })
    await turn()
    expect(host.plugins()).toMatchObject([{ version: '1.0.0', state: 'active', heldBy: [{ label: 'report' }] }])
    lease[Symbol.dispose]()
    await turn()
    expect(old.calls.shutdown).toBe(0)
  })
})
