/**
 * The incident: a host replaced several plugins at once. It stopped their services first, and then gave the work in flight
 * five seconds to end. One plugin's calls legitimately run for hours, so the five seconds passed; the recovery was switched off
 * because a stop had failed too, and the host was left with the old plugins refusing calls and the new ones not serving.
 * Reported in https://github.com/openclaw/openclaw/pull/151273.
 *
 * What holds here: whatever the bound, nobody is half replaced. Work in flight is not an obstacle to an overlapping reload: it
 * goes on with the old version, for hours if it takes hours. Where the host asks for an exclusive one, the bound passes before
 * anything was stopped, and the old version goes on serving everybody.
 */
import { PluginHost } from '@uni/reload-core'
import { ManualClock } from '@uni/reload-core/testing'
import { describe, expect, it } from 'vitest'
import { cellHandoff, cellKind, CellPlugin, openCell } from '../fixtures/cell.js'
import { turn } from '../fixtures/deferred.js'
import { refusalOf } from '../fixtures/refusal.js'
import { wordHandoff, wordKind, wordPlugin } from '../fixtures/word.js'

const DRAIN_MS = 5_000
const HOUR_MS = 3_600_000

async function hostWithLongWork() {
  const clock = new ManualClock()
  const host = new PluginHost({ strategies: [cellHandoff(), wordHandoff()], clock, drain: { deadlineMs: DRAIN_MS } })
  const old = new CellPlugin('proofs', '1.0.0')
  const handle = await host.add(old)
  const other = wordPlugin('reports', '1.0.0')
  const otherHandle = await host.add(other)
  const cell = await host.attach(cellKind, openCell('main'))
  const work = host.capture({ label: 'proof of theorem 9' })
  return { clock, host, old, handle, other, otherHandle, cell, work }
}

describe('a drain bound of five seconds, and work that runs for hours', () => {
  it('I2 I7 I9 the new version serves at once, and the work ends hours later on the old one, which is then closed', async () => {
    const { clock, host, old, handle, cell, work } = await hostWithLongWork()
    const { status, finalized } = await host.reload(handle, new CellPlugin('proofs', '2.0.0'))
    expect(status).toBe('committed')
    clock.advance(DRAIN_MS)
    expect(await finalized).toMatchObject({
      status: 'kept',
      blockers: [{ label: 'proof of theorem 9', holds: 'epoch' }],
    })
    for (let hour = 0; hour < 3; hour += 1) {
      clock.advance(HOUR_MS)
      expect(work.signal.aborted).toBe(false)
      expect(work.resource(cellKind, 'main')).toMatchObject({ by: 'proofs@1.0.0', closed: 0 })
      await cell.write(hour)
      using now = host.capture()
      expect(now.resource(cellKind, 'main')).toMatchObject({ by: 'proofs@2.0.0', closed: 0 })
    }
    expect(old.calls.shutdown).toBe(0)
    work[Symbol.dispose]()
    await host[Symbol.asyncDispose]()
    expect([old.calls.shutdown, old.opened.map(({ closed }) => closed)]).toEqual([1, [1]])
  })

  it('I3 I9 an exclusive reload is refused at the bound, and nothing of either plugin was stopped', async () => {
    const { clock, host, old, handle, other, otherHandle, cell, work } = await hostWithLongWork()
    const [proofs, reports] = [new CellPlugin('proofs', '2.0.0'), wordPlugin('reports', '2.0.0')]
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
    expect(old.opened).toMatchObject([{ closed: 0 }])
    await cell.write(1)
    using now = host.capture()
    expect(now.resource(cellKind, 'main')).toBe(work.resource(cellKind, 'main'))
    expect(now.get(wordKind, 'reports').say()).toBe('reports@1.0.0')
    expect([host.plugin('proofs'), host.plugin('reports')]).toEqual([handle, otherHandle])
  })

  it('I3 the same exclusive reload works once the work has ended', async () => {
    const { clock, host, handle, cell, work } = await hostWithLongWork()
    const refused = refusalOf(host.reload(handle, new CellPlugin('proofs', '2.0.0'), { cutover: 'exclusive' }))
    await turn()
    clock.advance(DRAIN_MS)
    expect((await refused).code).toBe('DRAIN_TIMEOUT')
    work[Symbol.dispose]()
    expect((await host.reload(handle, new CellPlugin('proofs', '2.0.0'), { cutover: 'exclusive' })).status).toBe(
      'committed',
    )
    await cell.write(2)
    using now = host.capture()
    expect(now.resource(cellKind, 'main')).toMatchObject({ by: 'proofs@2.0.0', values: [2] })
  })
})
