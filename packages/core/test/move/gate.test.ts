import { WriteGate, defineSurface, type WriteGateOptions } from '@uni/reload-core'
import { ManualClock } from '@uni/reload-core/testing'
import { describe, expect, it } from 'vitest'
import { Deferred, failureOf, standing, turn } from '../fixtures/deferred.js'
import { STORES, StoreProvider, type Store } from '../fixtures/store.js'
import { thenable } from '../fixtures/thenable.js'

const { signal } = new AbortController()

function gateOf(options: Omit<WriteGateOptions<Store>, 'clock'> = {}) {
  const clock = new ManualClock()
  const provider = new StoreProvider('only', '1')
  const store = provider.make([])
  const gate = new WriteGate(STORES['pre-copy'], 'only', store, { clock, ...options })
  /** Makes the next write wait until it is let go on. */
  const slowWrite = (): Deferred => {
    const slow = new Deferred()
    provider.breakNext('apply', async (run) => { await slow.promise; run() })
    return slow
  }
  return { clock, provider, store, gate, slowWrite, copy: () => new StoreProvider('only', '2').make([]) }
}

async function halted(restart: () => Promise<Store>) {
  const replaced: unknown[] = []
  const made = gateOf({ onReplaced: (outcome) => { replaced.push(outcome) } })
  await made.gate.hold()
  made.gate.halt({ checkpoint: 'here', cause: new Error('no port'), restart })
  made.gate.release()
  return { ...made, replaced }
}

describe('writes through a gate', () => {
  it('I4 are applied in order, one at a time', async () => {
    const { gate, store, slowWrite } = gateOf()
    const slow = slowWrite()
    const writes = [1, 2, 3].map((n) => gate.write(n))
    await turn()
    expect(store.entries).toEqual([])
    slow.resolve()
    await Promise.all(writes)
    expect(store.entries).toEqual([1, 2, 3])
  })

  it('I4 that the resource refuses are neither acknowledged nor recorded', async () => {
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
    const gate = new WriteGate(defineSurface<object, object, number>({ id: 'sealed', keyOf: () => 'only' }), 'only', {})
    expect(String(await failureOf(gate.write(1)))).toContain('surface "sealed" defines no apply')
  })

  it('I4 are acknowledged only once a thenable has answered, whatever its `then` returns', async () => {
    const answered = new Deferred()
    const applied = thenable<void>((done) => { void answered.promise.then(done) })
    const gate = new WriteGate(defineSurface<object, object, number>({ id: 'thenable', keyOf: () => 'only', apply: () => applied }), 'only', {})
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
  it('I4 resolves once the write in flight has settled, and lets no other begin', async () => {
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

describe('the record', () => {
  it('I4 is bounded: at the bound writers wait, and go on once a replay has made room', async () => {
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

  it('I3 a replay that the target refuses rejects with what it threw', async () => {
    const { gate, copy } = gateOf()
    await gate.hold()
    gate.record()
    await Promise.all([gate.write(1), gate.write(2)])
    const target = copy()
    target.provider.breakNext('apply', () => { throw new Error('too new for that') })
    expect(String(await failureOf(gate.replay(target, signal)))).toBe('Error: too new for that')
    expect(target.entries).toEqual([])
  })

  it('I8 a replay applies nothing further once its signal has fired', async () => {
    const { gate, copy } = gateOf()
    await gate.hold()
    gate.record()
    await Promise.all([gate.write(1), gate.write(2)])
    const target = copy()
    const controller = new AbortController()
    target.provider.breakNext('apply', (run) => { controller.abort(new Error('enough')); run() })
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
    for (const failure of [...await Promise.all(failures), await failureOf(gate.use(() => 0))]) {
      expect(failure).toMatchObject({ code: 'STEP_TIMEOUT', surface: 'pre-copy-store', resource: 'only' })
    }
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

describe('a halted gate', () => {
  it('I4 tries the restart with each write, refuses those it fails for, and applies the one that succeeds', async () => {
    let attempts = 0
    const provider = new StoreProvider('only', '1')
    const { gate, replaced } = await halted(async () => {
      attempts += 1
      if (attempts < 3) throw new Error(`attempt ${attempts}`)
      return provider.make([])
    })
    expect(() => gate.resource).toThrow(expect.objectContaining({ code: 'RESOURCE_HALTED', retryable: true }))
    for (const attempt of [1, 2]) {
      expect(await failureOf(gate.write(attempt))).toMatchObject({ code: 'RESOURCE_HALTED', retryable: true, cause: new Error(`attempt ${attempt}`) })
    }
    await gate.write(3)
    await gate.write(4)
    expect(attempts).toBe(3)
    expect(gate.halted).toBeUndefined()
    expect(gate.resource.entries).toEqual([3, 4])
    expect(replaced).toEqual([{ halted: new Error('no port') }, { resource: gate.resource }])
  })

  it('restarts once for writes that come together', async () => {
    let attempts = 0
    const provider = new StoreProvider('only', '1')
    const { gate } = await halted(async () => {
      attempts += 1
      await turn()
      return provider.make([])
    })
    await Promise.all([gate.write(1), gate.use((store) => store.entries.length), gate.write(2)])
    expect(attempts).toBe(1)
    expect(gate.resource.entries).toEqual([1, 2])
  })
})

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
