import { defineSurface, WriteGate } from '@uni/reload-core'
import { ManualClock } from '@uni/reload-core/testing'
import { describe, expect, it } from 'vitest'
import { Claims } from '../../src/dispatch/claims.js'
import { Judging } from '../../src/dispatch/judging.js'
import { StretchMeter } from '../../src/dispatch/stretch-meter.js'
import { Pace } from '../../src/pace.js'
import { Bake } from '../../src/host/permanence/bake.js'
import { StandbySet } from '../../src/take-back/standby-set.js'
import type { MissedWrites } from '../../src/take-back/missed-writes.js'
import { missedWrites } from '../fixtures/store-gate.js'

/** A period of 10 ms, of a reload that has switched the gate of one resource, whose old one stands by. */
async function baking() {
  const clock = new ManualClock()
  const surface = defineSurface<unknown, unknown, unknown>({ id: 'any', keyOf: () => 'any', apply: () => {} })
  const gate = new WriteGate<unknown, unknown>(surface, 'main', 'the old one', { clock })
  await gate.hold()
  const standbys = new StandbySet({ clock, maxWrites: 10, maxBytes: 1000 })
  gate.switchTo('the new one', standbys.replaced(gate, 'the old one'))
  const bake = new Bake({
    options: { ms: 10 },
    environment: {
      clock,
      pace: new Pace(),
      meter: new StretchMeter(clock),
      dryRun: false,
      judging: new Judging(),
      claims: new Claims(),
      timeoutMs: () => 10,
    },
    plugin: 'stores@2.0.0',
    standbys,
    underWay: () => undefined,
    makePermanent: async () => {},
    takeBack: async () => [],
  })
  return { clock, gate, bake, standbys }
}

/** Whether anything is recorded of the next write. */
async function records(gate: WriteGate<unknown, unknown>): Promise<boolean> {
  await gate.write('anything')
  return gate.isFollowed
}

describe('I12 when a bake is over, nothing is recorded for the take-back', () => {
  it.each<[string, (bake: Bake, clock: ManualClock) => unknown]>([
    ['it was healthy', (_, clock) => clock.advance(10)],
    ['the version was made permanent', (bake) => bake.accept(async () => {})],
    ['a plugin was changed that was reloaded together with that of the gate', (bake) => bake.end('superseded')],
  ])('%s', async (_, end) => {
    const { clock, gate, bake, standbys } = await baking()
    const seen = async () => ({ records: await records(gate), standby: standbys.of(gate)?.resource })
    expect(await seen()).toEqual({ records: true, standby: 'the old one' })
    await end(bake, clock)
    await bake.over
    expect(await seen()).toEqual({ records: false, standby: undefined })
  })

  it('also where a rollback had to start the resource again', async () => {
    const { gate, bake } = await baking()
    await gate.hold()
    gate.replace('the new one, started again')
    gate.release()
    await bake.accept(async () => {})
    await bake.over
    expect(await records(gate)).toBe(false)
  })

  it('nor does it take a resource that could not be', async () => {
    const { gate, bake } = await baking()
    await gate.hold()
    gate.halt({
      checkpoint: 1,
      cause: 'no port',
      restart: () => Promise.reject(new Error('no port')),
      stop: () => {},
      discard: async () => {},
    })
    bake.end('superseded')
    expect(await bake.over).toEqual({ outcome: 'superseded' })
  })

  it('also where the gate finds out only at that time that it was switched', async () => {
    const { gate, bake, standbys } = await baking()
    await bake.accept(async () => {})
    expect(standbys.replaced(gate, 'the old one')).toBe(undefined)
  })

  it('but what a further reload has recorded is kept: one that has switched the gate', async () => {
    const { gate, bake } = await baking()
    await gate.hold()
    gate.switchTo('a newer one', missedWrites() as unknown as MissedWrites<unknown>)
    bake.end('superseded')
    await bake.over
    expect(await records(gate)).toBe(true)
  })

  it('and one that was under way when the version was made permanent', async () => {
    const { gate, bake } = await baking()
    await gate.hold()
    bake.end('accepted')
    gate.switchTo('a newer one', missedWrites() as unknown as MissedWrites<unknown>)
    expect(await bake.over).toEqual({ outcome: 'accepted' })
    expect(await records(gate)).toBe(true)
  })

  it('ends once, and as it ended first', async () => {
    const { bake } = await baking()
    bake.end('superseded')
    bake.end('accepted')
    expect(await bake.over).toEqual({ outcome: 'superseded' })
  })
})
