import { describe, expect, it } from 'vitest'
import { gateOf } from '../fixtures/store-gate.js'

const { signal } = new AbortController()

describe('the longest time a write was held', () => {
  it('I10 counts from the hold, or from the submission where that came later', async () => {
    const { gate, clock } = gateOf()
    await gate.hold()
    clock.advance(30)
    const write = gate.write(1)
    clock.advance(12)
    gate.release()
    await write
    expect(gate.longestHeldMs).toBe(12)
  })

  it('I10 counts a hold that nobody waited for as nothing, and keeps the longest of several', async () => {
    const { gate, clock } = gateOf()
    for (const [heldMs, waits] of [[500, false], [20, true], [7, true]] as const) {
      await gate.hold()
      const write = waits ? gate.write(1) : undefined
      clock.advance(heldMs)
      gate.release()
      await write
    }
    expect(gate.longestHeldMs).toBe(20)
    gate.resetLongestHeld()
    expect(gate.longestHeldMs).toBe(0)
  })

  it('I10 counts waiting at the bound of the record', async () => {
    const { gate, clock, copy } = gateOf({ maxRecorded: 1 })
    await gate.hold()
    gate.record()
    await gate.write(1)
    const write = gate.write(2)
    clock.advance(9)
    await gate.replay(copy(), signal)
    await write
    expect(gate.longestHeldMs).toBe(9)
  })

  it('I10 goes on through a hold that follows the bound', async () => {
    const { gate, clock, copy } = gateOf({ maxRecorded: 1 })
    await gate.hold()
    gate.record()
    await gate.write(1)
    const write = gate.write(2)
    clock.advance(9)
    await gate.hold()
    clock.advance(4)
    const target = copy()
    await gate.replay(target, signal)
    gate.switchTo(target)
    await write
    expect(gate.longestHeldMs).toBe(13)
    expect(target.entries).toEqual([1, 2])
  })
})
