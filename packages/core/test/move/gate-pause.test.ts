import { describe, expect, it } from 'vitest'
import type { GateMove } from '../../src/move/gate-move.js'
import { gateOf } from '../fixtures/store-gate.js'
import type { Store } from '../fixtures/store.js'

const { signal } = new AbortController()

/** A move that holds writes from when it says so, until it is decided. */
function movingSince() {
  return {
    outcome: 'pending' as 'pending' | 'aborted',
    sealedAt: undefined as number | undefined,
    successor: undefined,
    longestHeldMs: 0,
    switched: () => undefined,
    stirred: () => {},
    waits: () => {},
    strayed: () => {},
  } satisfies GateMove<Store, number>
}

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
    for (const [heldMs, waits] of [
      [500, false],
      [20, true],
      [7, true],
    ] as const) {
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

  it('I10 counts from when all gates of the reload were held, for a write that was waiting then', async () => {
    const { gate, clock, slowWrite } = gateOf()
    const move = movingSince()
    gate.enter(move)
    const slow = slowWrite()
    const writes = [gate.write(1), gate.write(2)]
    clock.advance(100)
    move.sealedAt = clock.now()
    slow.resolve()
    await writes[0]
    clock.advance(7)
    move.outcome = 'aborted'
    gate.settle()
    await Promise.all(writes)
    expect(move.longestHeldMs).toBe(7)
  })

  it('I10 does not end with a replay under the hold', async () => {
    const { gate, clock, copy } = gateOf()
    await gate.hold()
    const write = gate.write(1)
    clock.advance(4)
    const target = copy()
    await gate.replay(target, signal)
    clock.advance(5)
    gate.switchTo(target)
    await write
    expect(gate.longestHeldMs).toBe(9)
  })

  it('I10 is nothing where a write only waits for the one before it', async () => {
    const { gate, clock, slowWrite } = gateOf()
    const slow = slowWrite()
    const writes = [gate.write(1), gate.write(2)]
    clock.advance(10)
    gate.release()
    slow.resolve()
    await Promise.all(writes)
    expect(gate.longestHeldMs).toBe(0)
  })

  it('I10 does not count what came before the hold, recorded or not', async () => {
    const { gate, clock, slowWrite } = gateOf()
    await gate.hold()
    gate.record()
    await gate.write(1)
    const slow = slowWrite()
    clock.advance(10)
    const writes = [gate.write(2), gate.write(3)]
    clock.advance(5)
    const held = gate.hold()
    slow.resolve()
    await held
    clock.advance(15)
    gate.release()
    await Promise.all(writes)
    expect(gate.longestHeldMs).toBe(15)
  })
})
