import { describe, expect, it } from 'vitest'
import { gateOf } from '../fixtures/store-gate.js'

const { signal } = new AbortController()

/** A gate that has switched, and keeps what is written from then on. */
async function retaining(maxRecorded?: number) {
  const made = gateOf(maxRecorded === undefined ? {} : { maxRecorded })
  await made.gate.hold()
  made.gate.switchTo(made.store, { retain: true })
  return made
}

describe('the writes since the last switch', () => {
  it('I4 count as recorded when they are recalled, and only once', async () => {
    const { gate, copy } = await retaining()
    expect(gate.retains).toBe(true)
    await Promise.all([gate.write(1), gate.write(2)])
    await gate.hold()
    gate.recall()
    expect({ recorded: gate.recorded, retains: gate.retains }).toEqual({ recorded: 2, retains: false })
    const target = copy()
    await gate.replay(target, signal)
    expect(target.entries).toEqual([1, 2])
    expect(() => gate.recall()).toThrow('were not retained')
  })

  it('I12 are not kept unless the switch says so, nor when nobody wants them any more', async () => {
    const { gate, store } = await retaining()
    await gate.write(1)
    gate.forget()
    expect(gate.retains).toBe(false)
    await gate.hold()
    gate.switchTo(store)
    expect(gate.retains).toBe(false)
    await gate.hold()
    expect(() => gate.recall()).toThrow('were not retained')
  })

  it('I4 are given up at the bound, where no writer is to wait for a reload that may be taken back', async () => {
    const { gate, store } = await retaining(2)
    await Promise.all([1, 2].map((n) => gate.write(n)))
    expect(gate.retains).toBe(true)
    await gate.write(3)
    expect(gate.retains).toBe(false)
    expect(store.entries).toEqual([1, 2, 3])
  })

  it('I4 have the one that was in flight when the hold of the take-back began, at the bound too', async () => {
    const { gate, slowWrite, copy } = await retaining(2)
    await Promise.all([1, 2].map((n) => gate.write(n)))
    const slow = slowWrite()
    const inFlight = gate.write(3)
    const held = gate.hold()
    slow.resolve()
    await Promise.all([inFlight, held])
    gate.recall()
    const target = copy()
    expect(await gate.replay(target, signal)).toBe(3)
    expect(target.entries).toEqual([1, 2, 3])
  })
})
