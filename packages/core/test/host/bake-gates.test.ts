import { defineSurface, WriteGate } from '@uni/reload-core'
import { ManualClock } from '@uni/reload-core/testing'
import { describe, expect, it } from 'vitest'
import { Claims } from '../../src/dispatch/claims.js'
import { Judging } from '../../src/dispatch/judging.js'
import { StretchMeter } from '../../src/dispatch/stretch-meter.js'
import { Pace } from '../../src/pace.js'
import { Bake } from '../../src/host/permanence/bake.js'

/** A period of 10 ms, of a reload that has switched the gate of one resource, which keeps what is written from there on. */
async function baking() {
  const clock = new ManualClock()
  const surface = defineSurface<unknown, unknown, unknown>({ id: 'any', keyOf: () => 'any', apply: () => {} })
  const gate = new WriteGate<unknown, unknown>(surface, 'main', 'the old one', { clock })
  await gate.hold()
  gate.switchTo('the new one', { retain: true })
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
    kept: new Map([[gate, 'the old one']]),
    underWay: () => undefined,
    makePermanent: async () => {},
    takeBack: async () => [],
  })
  return { clock, gate, bake }
}

describe('I12 when a period is over, gates keep nothing for the take-back', () => {
  it.each<[string, (bake: Bake, clock: ManualClock) => unknown]>([
    ['it was healthy', (_, clock) => clock.advance(10)],
    ['the version was made permanent', (bake) => bake.accept(async () => {})],
    ['a plugin was changed that was reloaded together with that of the gate', (bake) => bake.end('superseded')],
  ])('%s', async (_, end) => {
    const { clock, gate, bake } = await baking()
    await end(bake, clock)
    await bake.over
    expect(gate.retains).toBe(false)
  })

  it('also where a rollback had to start the resource again', async () => {
    const { gate, bake } = await baking()
    await gate.hold()
    gate.replace('the new one, started again')
    gate.release()
    await bake.accept(async () => {})
    await bake.over
    expect(gate.retains).toBe(false)
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

  it('but for what a further reload, which has switched them, wants kept', async () => {
    const { gate, bake } = await baking()
    await gate.hold()
    gate.switchTo('a newer one', { retain: true })
    bake.end('superseded')
    await bake.over
    expect(gate.retains).toBe(true)
  })

  it('nor is that forgotten which a further reload wants kept that was under way when the version was made permanent', async () => {
    const { gate, bake } = await baking()
    await gate.hold()
    bake.end('accepted')
    gate.switchTo('a newer one', { retain: true })
    expect(await bake.over).toEqual({ outcome: 'accepted' })
    expect(gate.retains).toBe(true)
  })

  it('ends once, and as it ended first', async () => {
    const { bake } = await baking()
    bake.end('superseded')
    bake.end('accepted')
    expect(await bake.over).toEqual({ outcome: 'superseded' })
  })
})
