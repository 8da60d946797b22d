import { describe, expect, it } from 'vitest'
import { Deferred, failureOf, standing, turn } from '../fixtures/deferred.js'
import type { Fault } from '../fixtures/store.js'
import { sceneOfOne } from '../fixtures/store-scene.js'

/** Lets `arriving` writes come as the replay of each write it names by number begins; resolves with the gate's state at each. */
async function replayAgainst(arriving: ReadonlyMap<number, number>) {
  const { scene, part } = sceneOfOne({})
  const states: string[] = []
  let written = 100
  const arrive = (count = 0): void => {
    for (let i = 0; i < count; i += 1) void part.write(written += 1)
  }
  const replayOne: Fault = (run) => {
    states.push(part.gate.state)
    arrive(arriving.get(states.length))
    part.next.breakNext('apply', replayOne)
    return run()
  }
  part.next.breakNext('open', async (run) => { const opened = run(); arrive(arriving.get(0)); await turn(); return opened })
  part.next.breakNext('apply', replayOne)
  const outcome = await scene.dispatch()
  const replayed = states.slice()
  outcome.commit()
  return { replayed, report: outcome.report[0], breaches: await part.breaches('new') }
}

describe('pre-copy: the snapshot is a point in time', () => {
  it('I4 I6 holds writes while a handle that is not isolated persists', async () => {
    const { scene, part } = sceneOfOne({})
    const reached = new Deferred()
    const persisted = new Deferred()
    // It reads what it hands over only when it is let go on: a write in between would be in the image and in the record.
    part.old.breakNext('persist', async (run) => { reached.resolve(); await persisted.promise; return run() })
    const dispatching = scene.dispatch()
    await reached.promise
    const write = part.write(3)
    expect(await standing(write)).toBe('pending')
    expect(part.store.entries).toEqual([1, 2])
    persisted.resolve()
    await write
    const outcome = await dispatching
    expect(part.newStores[0]?.entries).toEqual([1, 2, 3])
    outcome.commit()
    expect(await part.breaches('new')).toEqual([])
  })

  it('I4 records the writes made while an isolated handle persists', async () => {
    const { scene, part } = sceneOfOne({})
    part.old.isolated = true
    const reached = new Deferred()
    const persisted = new Deferred()
    part.old.breakNext('persist', async (run) => {
      const image = run()
      reached.resolve()
      await persisted.promise
      return image
    })
    const dispatching = scene.dispatch()
    await reached.promise
    await Promise.all([part.write(3), part.write(4)])
    expect(part.store.entries).toEqual([1, 2, 3, 4])
    persisted.resolve()
    const outcome = await dispatching
    expect(outcome.report[0]).toMatchObject({ replayedWrites: 2 })
    outcome.commit()
    expect(await part.breaches('new')).toEqual([])
  })

  it('I4 waits for the write in flight before it observes and persists', async () => {
    const { scene, part } = sceneOfOne({})
    const writing = new Deferred()
    part.old.breakNext('apply', async (run) => { await writing.promise; run() })
    const write = part.write(3)
    const dispatching = scene.dispatch()
    await turn()
    expect(part.old.calls).toEqual(['apply'])
    writing.resolve()
    await write
    await dispatching
    expect(part.newStores[0]?.entries).toEqual([1, 2, 3])
  })
})

describe('pre-copy: the writes made meanwhile', () => {
  it('I4 are applied to the old resource at once, and replayed on the new one in order', async () => {
    const { scene, part } = sceneOfOne({})
    const reached = new Deferred()
    const opened = new Deferred()
    part.next.breakNext('open', async (run) => { reached.resolve(); await opened.promise; return run() })
    const dispatching = scene.dispatch()
    await reached.promise
    await Promise.all([3, 4, 5].map((n) => part.write(n)))
    await expect(part.write(-1)).rejects.toBeInstanceOf(RangeError)
    expect(part.store.entries).toEqual([1, 2, 3, 4, 5])
    opened.resolve()
    const outcome = await dispatching
    expect(outcome.report[0]).toMatchObject({ replayedWrites: 3, bytes: '[1,2]'.length })
    outcome.commit()
    expect(await part.breaches('new')).toEqual([])
  })

  it('I4 are replayed round after round while they shrink, and writers go on', async () => {
    const { replayed, report, breaches } = await replayAgainst(new Map([[0, 200], [1, 100], [201, 50]]))
    expect(replayed).toEqual(Array.from({ length: 350 }, () => 'recording'))
    expect(report).toMatchObject({ replayedWrites: 350 })
    expect(breaches).toEqual([])
  })

  it('I8 are replayed under the hold once they no longer shrink, or are few', async () => {
    const paced = await replayAgainst(new Map([[0, 40], [1, 40]]))
    expect(paced.replayed).toEqual([...Array.from({ length: 40 }, () => 'recording'), ...Array.from({ length: 40 }, () => 'held')])
    expect(paced.breaches).toEqual([])
    const few = await replayAgainst(new Map([[0, 32]]))
    expect(few.replayed).toEqual(Array.from({ length: 32 }, () => 'held'))
    expect(few.breaches).toEqual([])
  })

  it('I3 the new resource refusing one fails the handoff, whatever the old one made of it', async () => {
    const { scene, part } = sceneOfOne({})
    part.next.breakNext('open', async (run) => { const opened = run(); await part.write(3); return opened })
    part.next.breakNext('apply', () => { throw new RangeError('three is one too many') })
    expect(await failureOf(scene.dispatch())).toMatchObject({
      code: 'HANDOFF', phase: 'converge', step: 'replay', resource: 'only', rollbackErrors: [], cause: new RangeError('three is one too many'),
    })
    expect(await scene.breaches('old')).toEqual([])
    expect(await scene.reload()).toEqual([])
  })

  it('I3 I4 writers waiting at the bound go on against whatever serves, commit or rollback', async () => {
    for (const ending of ['commit', 'rollback'] as const) {
      const { scene, part } = sceneOfOne({ gate: { maxRecorded: 2 } })
      part.next.breakNext('open', async (run) => {
        const opened = run()
        for (const n of [3, 4, 5, 6]) void part.write(n)
        await turn()
        return opened
      })
      const outcome = await scene.dispatch()
      expect(part.acknowledged.length).toBeLessThan(6)
      if (ending === 'commit') outcome.commit()
      else await outcome.rollback()
      await part.answered()
      expect(part.acknowledged).toEqual([1, 2, 3, 4, 5, 6])
      expect(await scene.breaches(ending === 'commit' ? 'new' : 'old')).toEqual([])
    }
  })
})

describe('pre-copy: the same meaning', () => {
  it('I6 a resource restored without an exception and with another content fails the handoff', async () => {
    const { scene, part } = sceneOfOne({})
    part.next.breakNext('open', () => part.next.make([1, 2, 2]))
    expect(await failureOf(scene.dispatch())).toMatchObject({ code: 'HANDOFF', phase: 'prepare', step: 'verify' })
    expect(await scene.breaches('old')).toEqual([])
  })

  it('I6 is judged at the point of the snapshot: writes made since do not count as a difference', async () => {
    const { scene, part } = sceneOfOne({})
    part.next.breakNext('open', async (run) => { const opened = run(); await part.write(3); return opened })
    const outcome = await scene.dispatch()
    outcome.commit()
    expect(await part.breaches('new')).toEqual([])
  })
})

describe('pre-copy: what a failure leaves', () => {
  it('I8 an image that arrives after the deadline is discarded once', async () => {
    const { scene, part, clock } = sceneOfOne({}, { timeouts: { prepare: 100 } })
    const late = new Deferred()
    part.old.breakNext('persist', async (run) => { await late.promise; return run() })
    const failure = failureOf(scene.dispatch())
    await turn()
    const write = part.write(3)
    clock.advance(100)
    expect(await failure).toMatchObject({ code: 'STEP_TIMEOUT', phase: 'prepare', step: 'persist' })
    await write
    late.resolve()
    await turn()
    expect(part.old.images.map(({ discarded }) => discarded)).toEqual([1])
    expect(await scene.breaches('old')).toEqual([])
  })

  it('I8 a resource opened after the deadline is closed once, and the image is not kept for it', async () => {
    const { scene, part, clock } = sceneOfOne({}, { timeouts: { prepare: 100 } })
    const late = new Deferred()
    part.next.breakNext('open', async (run) => { await late.promise; return run() })
    const failure = failureOf(scene.dispatch())
    await turn()
    clock.advance(100)
    expect(await failure).toMatchObject({ code: 'STEP_TIMEOUT', phase: 'prepare', step: 'open' })
    expect(part.newStores).toEqual([])
    late.resolve()
    await turn()
    expect(part.newStores.map(({ closed }) => closed)).toEqual([1])
    expect(await scene.breaches('old')).toEqual([])
  })

  it('I3 a provider that opens the old resource itself is refused, and the old one is not closed for it', async () => {
    const { scene, part } = sceneOfOne({})
    part.next.breakNext('open', () => part.store)
    expect(await failureOf(scene.dispatch())).toMatchObject({ code: 'HANDOFF', step: 'open' })
    expect(part.store.closed).toBe(0)
    expect(await scene.breaches('old')).toEqual([])
  })

  it('I8 an old resource handed back after the deadline is not closed either', async () => {
    const { scene, part, clock } = sceneOfOne({}, { timeouts: { prepare: 100 } })
    const late = new Deferred()
    part.next.breakNext('open', () => late.promise.then(() => part.store))
    const failure = failureOf(scene.dispatch())
    await turn()
    clock.advance(100)
    await failure
    late.resolve()
    await turn()
    expect(part.store.closed).toBe(0)
    expect(await scene.breaches('old')).toEqual([])
  })

  it.each(['undefined', 'null'])('I3 a provider that opens %s is refused at the step', async (nothing) => {
    const { scene, part } = sceneOfOne({})
    part.next.breakNext('open', () => nothing === 'null' ? null : undefined)
    const error = await failureOf(scene.dispatch())
    expect(error).toMatchObject({ code: 'HANDOFF', phase: 'prepare', step: 'open', rollbackErrors: [] })
    expect(String(error)).toContain(`got ${nothing}`)
    expect(await scene.breaches('old')).toEqual([])
  })

  it('I3 a rollback closes the new resource and the image once each, also where closing fails', async () => {
    const { scene, part } = sceneOfOne({})
    const outcome = await scene.dispatch()
    part.next.breakNext('close', (run) => { run(); throw new Error('closing failed') })
    const write = part.write(3)
    const failure = await failureOf(outcome.rollback())
    expect(failure).toMatchObject({ errors: [{ code: 'HANDOFF', phase: 'rollback', step: 'close' }] })
    await write
    expect(await scene.breaches('old')).toEqual([])
  })

  it('I8 a close that hangs in the rollback does not keep the image', async () => {
    const { scene, part, clock } = sceneOfOne({}, { timeouts: { rollback: 100 } })
    const outcome = await scene.dispatch()
    part.next.breakNext('close', (run) => { run(); return new Promise(() => {}) })
    const rolling = failureOf(outcome.rollback())
    await turn()
    clock.advance(100)
    expect(await rolling).toMatchObject({ errors: [{ code: 'STEP_TIMEOUT', step: 'close' }] })
    expect(part.old.images.map(({ discarded }) => discarded)).toEqual([1])
    expect(await scene.breaches('old')).toEqual([])
  })

  it('I3 writes go on during a rollback whose close is slow', async () => {
    const { scene, part } = sceneOfOne({})
    const outcome = await scene.dispatch()
    const closing = new Deferred()
    part.next.breakNext('close', async (run) => { await closing.promise; run() })
    const rolling = outcome.rollback()
    await part.write(3)
    expect(part.store.entries).toEqual([1, 2, 3])
    closing.resolve()
    await rolling
    expect(await scene.breaches('old')).toEqual([])
  })

  it('I3 a gate that its owner closes in the middle fails the handoff, and leaves no image or new resource', async () => {
    const { scene, part } = sceneOfOne({})
    part.old.isolated = true
    part.old.breakNext('persist', (run) => { const image = run(); void part.gate.close(); return image })
    expect(await failureOf(scene.dispatch())).toMatchObject({ code: 'HANDOFF', phase: 'converge', step: 'hold writes', rollbackErrors: [] })
    expect(part.newStores.map(({ closed }) => closed)).toEqual([1])
    expect(part.old.images.map(({ discarded }) => discarded)).toEqual([1])
    expect(part.gate.state).toBe('closed')
  })
})

describe('pre-copy: the end', () => {
  it('I7 after the commit the old resource is closed once and the image discarded once, by the finalization', async () => {
    const { scene, part, clock } = sceneOfOne({})
    const outcome = await scene.dispatch()
    outcome.commit()
    expect(part.store.closed).toBe(0)
    await Promise.all([outcome.finalize(), outcome.finalize()])
    expect(part.store.closed).toBe(1)
    expect(part.old.images.map(({ discarded }) => discarded)).toEqual([1])
    expect(clock.pending).toBe(0)
    expect(await part.breaches('new')).toEqual([])
  })
})

describe('pre-copy with an exclusive cutover', () => {
  it('I3 goes by stop-and-copy: the old resource is closed before the new one is opened', async () => {
    const { scene, part } = sceneOfOne({}, { cutover: 'exclusive' })
    const order: string[] = []
    part.old.breakNext('close', (run) => { order.push('close old'); run() })
    part.next.breakNext('open', (run) => { order.push('open new'); return run() })
    const outcome = await scene.dispatch()
    expect(order).toEqual(['close old', 'open new'])
    outcome.commit()
    await outcome.finalize()
    expect(part.store.closed).toBe(1)
    expect(await part.breaches('new')).toEqual([])
  })

  it('I3 reopens with the old provider where the new one fails, from the same image', async () => {
    const { scene, part } = sceneOfOne({}, { cutover: 'exclusive' })
    part.next.breakNext('open', () => { throw new Error('cannot read it') })
    expect(await failureOf(scene.dispatch())).toMatchObject({ code: 'HANDOFF', phase: 'converge', step: 'start', rollbackErrors: [] })
    expect(part.store.closed).toBe(1)
    expect(part.replaced).toEqual([{ resource: part.gate.resource }])
    expect(await scene.breaches('old')).toEqual([])
    expect(await scene.reload()).toEqual([])
  })

  it('I6 closes a new resource that means something else, and does not judge the old provider', async () => {
    const { scene, part } = sceneOfOne({}, { cutover: 'exclusive' })
    part.next.breakNext('open', () => part.next.make([9]))
    part.old.breakNext('verify', () => { throw new Error('the last resort is not judged') })
    expect(await failureOf(scene.dispatch())).toMatchObject({ code: 'HANDOFF', phase: 'converge', step: 'verify', rollbackErrors: [] })
    expect(await scene.breaches('old')).toEqual([])
  })

  it('I8 closes a new resource whose verification hangs', async () => {
    const { scene, part, clock } = sceneOfOne({}, { cutover: 'exclusive', timeouts: { converge: 100 } })
    part.next.breakNext('verify', () => new Promise(() => {}))
    const failure = failureOf(scene.dispatch())
    await turn()
    clock.advance(100)
    expect(await failure).toMatchObject({ code: 'STEP_TIMEOUT', step: 'verify' })
    expect(part.newStores.map(({ closed }) => closed)).toEqual([1])
    expect(await scene.breaches('old')).toEqual([])
  })
})
