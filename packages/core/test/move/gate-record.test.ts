import { ReloadError, WriteGate } from '@uni/reload-core'
import { ManualClock } from '@uni/reload-core/testing'
import { describe, expect, it, vi } from 'vitest'
import { Deferred, failureOf, standing, turn } from '../fixtures/deferred.js'
import { gateOf, missedWrites } from '../fixtures/store-gate.js'
import { STORES, StoreProvider } from '../fixtures/store.js'

const { signal } = new AbortController()

/** A gate that has recorded two writes, 1 and 2, and a resource that has neither. */
async function recorded() {
  const { gate, copy } = gateOf()
  await gate.hold()
  gate.record()
  await Promise.all([gate.write(1), gate.write(2)])
  return { gate, target: copy() }
}

describe('the record', () => {
  it('G3 I4 is bounded: at the bound writers wait, and go on once a replay has made room', async () => {
    const { gate, store, copy } = gateOf({ maxRecorded: 2 })
    await gate.hold()
    gate.record()
    const writes = [1, 2, 3, 4, 5].map((n) => gate.write(n))
    await turn()
    expect(store.entries).toEqual([1, 2])
    expect(gate.recorded).toBe(2)
    const target = copy()
    expect(await gate.replay(target, signal)).toBe(2)
    await turn()
    expect(store.entries).toEqual([1, 2, 3, 4])
    await gate.replay(target, signal)
    await Promise.all(writes)
    expect(store.entries).toEqual([1, 2, 3, 4, 5])
    expect(target.entries).toEqual([1, 2, 3, 4])
    gate.release()
    expect(gate.recorded).toBe(0)
  })

  it('G3 slows nobody down by default who makes 10,000 small writes a second for half a minute', async () => {
    const { gate, clock } = gateOf()
    await gate.hold()
    gate.record()
    for (let tenths = 0; tenths < 300; tenths += 1) {
      for (let nth = 0; nth < 1_000; nth += 1) void gate.write(nth)
      clock.advance(100)
    }
    expect({ recorded: gate.recorded, waiting: gate.waiting }).toEqual({ recorded: 300_000, waiting: 0 })
  })

  it('G3 I8 is bounded by bytes as well: a few large writes are as many small ones', async () => {
    const surface = { ...STORES['pre-copy'], sizeOf: (entry: number) => entry }
    const store = new StoreProvider('only', '1').make([])
    const gate = new WriteGate(surface, 'only', store, { maxRecordedBytes: 100 })
    await gate.hold()
    gate.record()
    const writes = [10, 20, 90, 30, 40].map((n) => gate.write(n))
    await turn()
    expect(store.entries).toEqual([10, 20, 90])
    const target = new StoreProvider('only', '2').make([])
    await gate.replay(target, signal)
    await Promise.all(writes)
    expect({ recorded: gate.recorded, entries: store.entries }).toEqual({ recorded: 2, entries: [10, 20, 90, 30, 40] })
    await gate.replay(target, signal)
    expect(target.entries).toEqual(store.entries)
  })

  it('I8 T6 what a standby has missed is dropped ahead of the write that would not fit', async () => {
    const surface = { ...STORES['pre-copy'], sizeOf: (entry: number) => entry }
    const provider = new StoreProvider('only', '1')
    const gate = new WriteGate(surface, 'only', provider.make([]))
    await gate.hold()
    const missed = missedWrites({ maxBytes: 100 })
    gate.switchTo(provider.make([]), missed)
    await gate.write(60)
    await gate.write(40)
    expect(missed.isComplete).toBe(true)
    await gate.write(1)
    expect(missed.isComplete).toBe(false)
  })

  it.each([
    [
      'throws',
      () => {
        throw new Error('no idea')
      },
    ],
    ['is no number', () => Number.NaN],
    ['is negative', () => -1],
    ['is a promise', () => Promise.reject(new Error('later'))],
  ])('I4 a size that %s is estimated: an accepted write is acknowledged', async (_, sizeOf) => {
    const store = new StoreProvider('only', '1').make([])
    const gate = new WriteGate({ ...STORES['pre-copy'], sizeOf: sizeOf as () => number }, 'only', store, {
      maxRecordedBytes: 1,
    })
    await gate.hold()
    gate.record()
    await gate.write(1)
    const second = gate.write(2)
    expect({ second: await standing(second), recorded: gate.recorded, entries: store.entries }).toEqual({
      second: 'pending',
      recorded: 1,
      entries: [1],
    })
    gate.release()
    await second
  })

  it('T6 what a standby has missed is dropped past the bound, also where a hold let one more in', async () => {
    const { gate, copy } = gateOf()
    await gate.hold()
    const missed = missedWrites({ maxWrites: 1 })
    gate.switchTo(copy(), missed)
    await gate.write(1)
    expect(missed.isComplete).toBe(true)
    const slow = new Deferred()
    gate.resource.provider.breakNext('apply', async (run) => {
      await slow.promise
      run()
    })
    const writing = gate.write(2)
    const holding = gate.hold()
    slow.resolve()
    await Promise.all([writing, holding])
    expect(missed.isComplete).toBe(true)
    gate.release()
    await gate.write(3)
    expect(missed.isComplete).toBe(false)
    await gate.hold()
    expect(() => missed.take()).toThrow('are no longer recorded')
  })

  it('G3 I4 slows writers down from half full on: none is stopped, and it is not full', async () => {
    const { gate, clock, store, copy } = gateOf({ maxRecorded: 100 })
    await gate.hold()
    gate.record()
    const writes: Promise<void>[] = []
    const accepted: Record<number, number> = {}
    for (let ms = 1; ms <= 500; ms += 1) {
      clock.advance(1)
      writes.push(gate.write(ms))
      await turn()
      if (ms === 50 || ms % 100 === 0) accepted[ms] = store.entries.length
    }
    // 1 − h / 2t of the bound, where the first half took h = 50 ms.
    expect(accepted).toEqual({ 50: 50, 100: 76, 200: 88, 300: 92, 400: 94, 500: 96 })
    // The last of these came after h / 2 (1 − 0.95) ms, and the one before it after h / 2 (1 − 0.94).
    expect(Math.ceil(gate.longestHeldMs)).toBe(500 - 417)

    const target = copy()
    await gate.replay(target, signal)
    await turn()
    // It fills anew, at once: there is no rate to go by but the bound.
    expect(store.entries).toHaveLength(196)
    gate.release()
    await Promise.all(writes)
    expect(store.entries).toEqual(Array.from({ length: 500 }, (_, at) => at + 1))
    clock.advance(1)
    expect(clock.pending).toBe(0)
  })

  it('G3 slows writers down by the bytes of what they write, too', async () => {
    const surface = { ...STORES['pre-copy'], sizeOf: () => 10 }
    const clock = new ManualClock()
    const store = new StoreProvider('only', '1').make([])
    const gate = new WriteGate(surface, 'only', store, { clock, maxRecordedBytes: 100 })
    await gate.hold()
    gate.record()
    for (let entry = 1; entry <= 5; entry += 1) {
      clock.advance(10)
      await gate.write(entry)
    }
    await gate.write(6)
    const seventh = gate.write(7)
    expect(await standing(seventh)).toBe('pending')
    clock.advance(12)
    expect(await standing(seventh)).toBe('pending')
    clock.advance(1)
    await seventh
    gate.release()
  })

  it('I3 a release lets writers at the bound go on, and forgets what was recorded', async () => {
    const { gate, store } = gateOf({ maxRecorded: 1 })
    await gate.hold()
    gate.record()
    const writes = [1, 2, 3].map((n) => gate.write(n))
    await turn()
    expect(store.entries).toEqual([1])
    gate.release()
    await Promise.all(writes)
    expect(store.entries).toEqual([1, 2, 3])
    expect(gate.recorded).toBe(0)
  })

  it('I4 a replay where nothing is recorded applies nothing', async () => {
    const { gate, copy } = gateOf()
    const target = copy()
    expect(await gate.replay(target, signal)).toBe(0)
    expect(target.entries).toEqual([])
  })

  it('I8 a long replay lets the event loop turn, and one that is soon done goes straight through', async () => {
    const budget = vi.spyOn(performance, 'now')
    for (const [msEach, turns] of [
      [1, true],
      [0, false],
    ] as const) {
      const { gate, copy } = gateOf()
      await gate.hold()
      gate.record()
      await Promise.all(Array.from({ length: 20 }, (_, n) => gate.write(n)))
      let [now, turned] = [0, false]
      budget.mockImplementation(() => (now += msEach))
      setImmediate(() => {
        turned = true
      })
      await gate.replay(copy(), signal)
      expect(turned).toBe(turns)
    }
    budget.mockRestore()
  })

  it('I3 a replay that the target refuses rejects with what it threw', async () => {
    const { gate, target } = await recorded()
    target.provider.breakNext('apply', () => {
      throw new Error('too new for that')
    })
    expect(String(await failureOf(gate.replay(target, signal)))).toBe('Error: too new for that')
    expect(target.entries).toEqual([])
  })

  it('I4 a replay applies one write after the other, and ends when the last is applied', async () => {
    const { gate, target } = await recorded()
    const slow = new Deferred()
    target.provider.breakNext('apply', async (run) => {
      await slow.promise
      run()
    })
    const replaying = gate.replay(target, signal)
    expect(await standing(replaying)).toBe('pending')
    expect(target.entries).toEqual([])
    slow.resolve()
    expect(await replaying).toBe(2)
    expect(target.entries).toEqual([1, 2])
  })

  it('G12 I8 a replay that is to slow writers down lets in half of what it applies, and stops nobody for good', async () => {
    const { gate, store, copy } = gateOf()
    await gate.hold()
    gate.record()
    await Promise.all(Array.from({ length: 10 }, (_, n) => gate.write(n)))
    const target = copy()
    const ends: Deferred[] = []
    target.provider.break('apply', async (run) => {
      const end = new Deferred()
      ends.push(end)
      await end.promise
      run()
    })
    const replaying = gate.replay(target, signal, { share: 0.5 })
    const writes = Array.from({ length: 20 }, (_, n) => gate.write(10 + n))
    const accepted: number[] = []
    for (let applied = 0; applied < 10; applied += 1) {
      await turn()
      accepted.push(store.entries.length - 10)
      ends[applied]?.resolve()
    }
    await replaying
    // The queue is looked at when one is submitted, and between slices; never more than half of what was applied, and
    // one.
    for (const [applied, count] of accepted.entries()) expect(count).toBeLessThanOrEqual(applied / 2 + 1)
    await Promise.all(writes)
    expect(store.entries).toHaveLength(30)
    expect(gate.recorded).toBe(20)
  })

  it('I8 a replay applies nothing further once its signal has fired', async () => {
    const { gate, target } = await recorded()
    const controller = new AbortController()
    target.provider.breakNext('apply', (run) => {
      controller.abort(new Error('enough'))
      run()
    })
    expect(String(await failureOf(gate.replay(target, controller.signal)))).toBe('Error: enough')
    expect(target.entries).toEqual([1])
  })
})

describe('a write past its deadline', () => {
  it('I8 tells its writer that its outcome is unknown, and work is refused until it settles', async () => {
    const { gate, clock, slowWrite, store } = gateOf({ writeTimeoutMs: 50 })
    const slow = slowWrite()
    const failures = [gate.write(1), gate.write(2)].map(failureOf)
    clock.advance(50)
    const codes = [...(await Promise.all(failures)), await failureOf(gate.use(() => 0))].map(
      (error) => ReloadError.is(error) && error.code,
    )
    expect(codes).toEqual(['STEP_TIMEOUT', 'RESOURCE_STUCK', 'RESOURCE_STUCK'])
    slow.resolve()
    await turn()
    await gate.write(3)
    expect(store.entries).toEqual([1, 3])
  })

  it('I4 is recorded where the resource accepts it late: the resource has it, so its successor must', async () => {
    const { gate, clock, slowWrite, store, copy } = gateOf({ writeTimeoutMs: 50 })
    await gate.hold()
    gate.record()
    const slow = slowWrite()
    const failure = failureOf(gate.write(1))
    clock.advance(50)
    await failure
    slow.resolve()
    await turn()
    expect(store.entries).toEqual([1])
    const target = copy()
    expect(await gate.replay(target, signal)).toBe(1)
    expect(target.entries).toEqual([1])
  })

  it('I8 keeps a hold from resolving, and leaves the gate usable after the release', async () => {
    const { gate, clock, slowWrite, store } = gateOf({ writeTimeoutMs: 50 })
    const slow = slowWrite()
    const failure = failureOf(gate.write(1))
    const held = gate.hold()
    clock.advance(50)
    await failure
    expect(await standing(held)).toBe('pending')
    gate.release()
    slow.resolve()
    await held
    await gate.write(2)
    expect(store.entries).toEqual([1, 2])
    expect(clock.pending).toBe(0)
  })
})
