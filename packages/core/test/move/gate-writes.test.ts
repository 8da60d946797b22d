import { WriteGate, defineSurface } from '@uni/reload-core'
import { describe, expect, it, vi } from 'vitest'
import { Deferred, failureOf, standing, turn } from '../fixtures/deferred.js'
import { gateOf } from '../fixtures/store-gate.js'
import { thenable } from '../fixtures/thenable.js'

const { signal } = new AbortController()

describe('writes through a gate', () => {
  it('G1 I4 are applied in order, one at a time', async () => {
    const { gate, store, slowWrite } = gateOf()
    const slow = slowWrite()
    const writes = [1, 2, 3].map((n) => gate.write(n))
    await turn()
    expect(store.entries).toEqual([])
    slow.resolve()
    await Promise.all(writes)
    expect(store.entries).toEqual([1, 2, 3])
  })

  it('G2 I4 that the resource refuses are neither acknowledged nor recorded', async () => {
    const { gate, store, provider, copy } = gateOf()
    await gate.hold()
    gate.record()
    const refused = new RangeError('not today')
    provider.breakNext('apply', () => Promise.reject(refused))
    const results = await Promise.all([failureOf(gate.write(1)), failureOf(gate.write(-1)), failureOf(gate.write(2))])
    expect(results[0]).toBe(refused)
    expect(results[1]).toBeInstanceOf(RangeError)
    expect(results[2]).toBeUndefined()
    expect(gate.recorded).toBe(1)
    const target = copy()
    expect(await gate.replay(target, signal)).toBe(1)
    expect(target.entries).toEqual([2])
    expect(store.entries).toEqual([2])
  })

  it('are refused by a surface that defines no apply', async () => {
    const gate = new WriteGate<object, number>(
      defineSurface<object, object>({ id: 'sealed', keyOf: () => 'only' }),
      'only',
      {},
    )
    expect(String(await failureOf(gate.write(1)))).toContain('surface "sealed" defines no apply')
  })

  it('I4 are acknowledged only once a thenable has answered, whatever its `then` returns', async () => {
    const answered = new Deferred()
    const applied = thenable<void>((done) => {
      void answered.promise.then(done)
    })
    const gate = new WriteGate(
      defineSurface<object, object, number>({ id: 'thenable', keyOf: () => 'only', apply: () => applied }),
      'only',
      {},
    )
    const written = gate.write(1)
    expect(await standing(written)).toBe('pending')
    answered.resolve()
    expect(await standing(written)).toBe('fulfilled')
  })

  it('share their order with uses, which see every write before them', async () => {
    const { gate, slowWrite } = gateOf()
    const slow = slowWrite()
    const first = gate.write(1)
    const seen = gate.use((store) => [...store.entries])
    const second = gate.write(2)
    slow.resolve()
    await Promise.all([first, second])
    expect(await seen).toEqual([1])
  })
})

describe('a hold', () => {
  it('G4 I4 resolves once the write in flight has settled, and lets no other begin', async () => {
    const { gate, store, slowWrite } = gateOf()
    const slow = slowWrite()
    const first = gate.write(1)
    const held = gate.hold()
    const second = gate.write(2)
    expect(await standing(held)).toBe('pending')
    slow.resolve()
    await held
    await first
    expect(await standing(second)).toBe('pending')
    expect(store.entries).toEqual([1])
    gate.release()
    await second
    expect(store.entries).toEqual([1, 2])
  })

  it('I4 takes what was in flight at the mark into the snapshot, and what was in flight at the last hold into the record', async () => {
    const { gate, store, slowWrite, copy } = gateOf()
    const atMark = slowWrite()
    const first = gate.write(1)
    const marked = gate.hold()
    atMark.resolve()
    await Promise.all([first, marked])
    const target = copy()
    target.entries.push(...store.entries)
    gate.record()
    const atHold = slowWrite()
    const second = gate.write(2)
    const held = gate.hold()
    atHold.resolve()
    await Promise.all([second, held])
    expect(gate.recorded).toBe(1)
    await gate.replay(target, signal)
    gate.switchTo(target)
    await gate.write(3)
    expect(target.entries).toEqual([1, 2, 3])
  })

  it('holds uses back as well', async () => {
    const { gate } = gateOf()
    await gate.hold()
    const use = gate.use((store) => store.entries.length)
    expect(await standing(use)).toBe('pending')
    gate.release()
    expect(await use).toBe(0)
  })
})

it('G10 I8 writes that waited go on in slices, between which the event loop turns', async () => {
  const budget = vi.spyOn(performance, 'now')
  let now = 0
  budget.mockImplementation(() => (now += 1))
  const { gate, store } = gateOf()
  await gate.hold()
  const writes = Array.from({ length: 200 }, (_, n) => gate.write(n))
  let applied: number | undefined
  setImmediate(() => {
    applied = store.entries.length
  })
  gate.release()
  await Promise.all(writes)
  expect(store.entries).toHaveLength(200)
  expect(applied).toBeLessThan(200)
  budget.mockRestore()
})

describe('a closed gate', () => {
  it('refuses what waits and what comes with RESOURCE_CLOSED, and resolves once the write in flight has settled', async () => {
    const { gate, slowWrite, store } = gateOf()
    const slow = slowWrite()
    const first = gate.write(1)
    const second = failureOf(gate.write(2))
    const closed = gate.close()
    expect(await second).toMatchObject({ code: 'RESOURCE_CLOSED', retryable: false })
    expect(await standing(closed)).toBe('pending')
    slow.resolve()
    await Promise.all([first, closed])
    expect(await failureOf(gate.use(() => 0))).toMatchObject({ code: 'RESOURCE_CLOSED' })
    expect(store.entries).toEqual([1])
  })

  it('refuses what a hold kept waiting', async () => {
    const { gate } = gateOf()
    await gate.hold()
    const waiting = failureOf(gate.write(1))
    await gate.close()
    expect(await waiting).toMatchObject({ code: 'RESOURCE_CLOSED' })
  })
})
