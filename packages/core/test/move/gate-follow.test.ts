import { describe, expect, it } from 'vitest'
import type { RecordBounds } from '../../src/move/write-record.js'
import { gateOf, missedWrites } from '../fixtures/store-gate.js'

const { signal } = new AbortController()

/** A gate that has switched, and what is missed from then on. */
async function followed(bounds: Partial<RecordBounds> = {}) {
  const made = gateOf()
  const missed = missedWrites(bounds)
  await made.gate.hold()
  made.gate.switchTo(made.store, missed)
  return { ...made, missed }
}

describe('the writes since the last switch', () => {
  it('I4 count as recorded when they are recalled, and only once', async () => {
    const { gate, copy, missed } = await followed()
    expect(missed.isComplete).toBe(true)
    await Promise.all([gate.write(1), gate.write(2)])
    await gate.hold()
    gate.recall(missed.take())
    expect({ recorded: gate.recorded, isComplete: missed.isComplete }).toEqual({ recorded: 2, isComplete: false })
    const target = copy()
    await gate.replay(target, signal)
    expect(target.entries).toEqual([1, 2])
    expect(() => missed.take()).toThrow('are no longer recorded')
  })

  it('I4 that are made while those before are replayed are recorded once, behind them', async () => {
    const { gate, copy, missed } = await followed()
    await gate.write(1)
    await gate.hold()
    gate.recall(missed.take())
    gate.record()
    await gate.write(2)
    expect({ recorded: gate.recorded, isFollowed: gate.isFollowed }).toEqual({ recorded: 2, isFollowed: false })
    const target = copy()
    await gate.replay(target, signal)
    expect(target.entries).toEqual([1, 2])
  })

  it('I12 are told to nobody unless the switch says so, nor when nobody wants them any more', async () => {
    const { gate, store, missed } = await followed()
    await gate.write(1)
    missed.forget()
    await gate.write(2)
    expect({ isFollowed: gate.isFollowed, isComplete: missed.isComplete }).toEqual({
      isFollowed: false,
      isComplete: false,
    })
    await gate.hold()
    gate.switchTo(store, missedWrites())
    await gate.hold()
    gate.switchTo(store)
    expect(gate.isFollowed).toBe(false)
  })

  it('T6 are given up at the bound, where no writer is to wait for a reload that may be taken back', async () => {
    const { gate, store, missed } = await followed({ maxWrites: 2 })
    await Promise.all([1, 2].map((n) => gate.write(n)))
    expect(missed.isComplete).toBe(true)
    await gate.write(3)
    expect({ isFollowed: gate.isFollowed, isComplete: missed.isComplete }).toEqual({
      isFollowed: false,
      isComplete: false,
    })
    expect(store.entries).toEqual([1, 2, 3])
  })

  it('I4 have the one that was in flight when the hold of the take-back began, at the bound too', async () => {
    const { gate, slowWrite, copy, missed } = await followed({ maxWrites: 2 })
    await Promise.all([1, 2].map((n) => gate.write(n)))
    const slow = slowWrite()
    const inFlight = gate.write(3)
    const held = gate.hold()
    slow.resolve()
    await Promise.all([inFlight, held])
    gate.recall(missed.take())
    const target = copy()
    expect(await gate.replay(target, signal)).toBe(3)
    expect(target.entries).toEqual([1, 2, 3])
  })
})
