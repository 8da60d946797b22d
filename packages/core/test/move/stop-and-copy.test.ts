import { describe, expect, it } from 'vitest'
import { Deferred, failureOf, standing, turn } from '../fixtures/deferred.js'
import { STORES, StoreProvider } from '../fixtures/store.js'
import { sceneOfOne } from '../fixtures/store-scene.js'
import { turnUntil } from '../fixtures/turn-until.js'

const part = { discipline: 'stop-and-copy' } as const

async function haltedStream() {
  const made = sceneOfOne(part)
  made.part.next.breakNext('open', () => { throw new Error('the new one does not start') })
  made.part.old.breakNext('open', () => { throw new Error('nor does the old one') })
  const error = await failureOf(made.scene.dispatch())
  return { ...made, error }
}

describe('stop-and-copy', () => {
  it('I4 I5 holds deliveries, lets the one in flight settle, checkpoints, stops, starts, and goes on after the commit', async () => {
    const { scene, part: stream } = sceneOfOne(part)
    const inFlight = new Deferred()
    stream.old.breakNext('apply', async (run) => { await inFlight.promise; run() })
    const first = stream.write(3)
    const dispatching = scene.dispatch()
    const second = stream.write(4)
    await turn()
    expect(stream.old.calls).toEqual(['apply'])
    inFlight.resolve()
    await first
    const outcome = await dispatching
    expect(stream.old.calls).toEqual(['apply', 'persist', 'close'])
    expect(await standing(second)).toBe('pending')
    outcome.commit()
    await second
    await outcome.finalize()
    expect(stream.store.closed).toBe(1)
    expect(await stream.breaches('new')).toEqual([])
  })

  it('I3 a checkpoint that fails leaves the stream as it was: never stopped', async () => {
    const { scene, part: stream } = sceneOfOne(part)
    stream.old.breakNext('persist', () => { throw new Error('no checkpoint') })
    expect(await failureOf(scene.dispatch())).toMatchObject({ code: 'HANDOFF', phase: 'converge', step: 'checkpoint' })
    expect(stream.gate.resource).toBe(stream.store)
    expect(stream.replaced).toEqual([])
    expect(await scene.breaches('old')).toEqual([])
  })

  it.each(['stop', 'start'] as const)('I3 I4 a %s that fails: the old provider starts again at the same checkpoint and takes the place', async (step) => {
    const { scene, part: stream } = sceneOfOne(part)
    const broken = step === 'stop' ? stream.old : stream.next
    broken.breakNext(step === 'stop' ? 'close' : 'open', () => Promise.reject(new Error('no')))
    const failure = failureOf(scene.dispatch())
    const write = stream.write(3)
    expect(await failure).toMatchObject({ code: 'HANDOFF', phase: 'converge', step, rollbackErrors: [] })
    await write
    expect(stream.gate.resource).not.toBe(stream.store)
    expect(stream.replaced).toEqual([{ resource: stream.gate.resource }])
    expect(stream.old.images).toHaveLength(1)
    expect(await scene.breaches('old')).toEqual([])
    expect(await scene.reload()).toEqual([])
  })

  it('I8 a new stream that starts after the deadline is stopped', async () => {
    const { scene, part: stream, clock } = sceneOfOne(part, { timeouts: { converge: 100 } })
    const late = new Deferred()
    stream.next.breakNext('open', async (run) => { await late.promise; return run() })
    const failure = failureOf(scene.dispatch())
    await turn()
    clock.advance(100)
    expect(await failure).toMatchObject({ code: 'STEP_TIMEOUT', phase: 'converge', step: 'start' })
    late.resolve()
    await turn()
    expect(stream.newStores.map(({ closed }) => closed)).toEqual([1])
    expect(await scene.breaches('old')).toEqual([])
  })

  it('I3 a new stream that started is stopped before the old one starts again', async () => {
    const { scene, part: stream } = sceneOfOne(part)
    const order: string[] = []
    const outcome = await scene.dispatch()
    stream.next.breakNext('close', (run) => { order.push('stop new'); run() })
    stream.old.breakNext('open', (run) => { order.push('restart old'); return run() })
    await outcome.rollback()
    expect(order).toEqual(['stop new', 'restart old'])
    expect(await scene.breaches('old')).toEqual([])
  })

  it('I3 I8 a new stream whose stop hangs in the rollback does not keep the old one from starting again', async () => {
    const { scene, part: stream, clock } = sceneOfOne(part, { timeouts: { rollback: 100 } })
    const outcome = await scene.dispatch()
    stream.next.breakNext('close', (run) => { run(); return new Promise(() => {}) })
    const rolling = failureOf(outcome.rollback())
    await turn()
    clock.advance(100)
    expect(await rolling).toMatchObject({ errors: [{ code: 'STEP_TIMEOUT', step: 'stop' }] })
    expect(await scene.breaches('old')).toEqual([])
  })
})

describe('stop-and-copy that is aborted', () => {
  it.each(['stop', 'start'] as const)('I3 I8 in the middle of a %s restarts the old stream only when that has settled: never two owners', async (step) => {
    const { scene, part: stream } = sceneOfOne(part)
    const controller = new AbortController()
    const reached = new Deferred()
    const underWay = new Deferred()
    const broken = step === 'stop' ? stream.old : stream.next
    broken.breakNext(step === 'stop' ? 'close' : 'open', async (run) => { reached.resolve(); await underWay.promise; return run() })
    const failure = failureOf(scene.dispatch({ signal: controller.signal }))
    await reached.promise
    controller.abort(new Error('enough'))
    expect(await standing(failure)).toBe('pending')
    expect(stream.old.made).toHaveLength(1)
    underWay.resolve()
    expect(await failure).toMatchObject({ code: 'ABORTED', step, rollbackErrors: [] })
    expect(stream.store.closed).toBe(1)
    expect(stream.old.made).toHaveLength(2)
    expect(await scene.breaches('old')).toEqual([])
  })

  it('I8 in the middle of a start that hangs goes on at the deadline, and stops what starts after it', async () => {
    const { scene, part: stream, clock } = sceneOfOne(part, { timeouts: { rollback: 100 } })
    const controller = new AbortController()
    const late = new Deferred()
    stream.next.breakNext('open', async (run) => { controller.abort(); await late.promise; return run() })
    const failure = failureOf(scene.dispatch({ signal: controller.signal }))
    // The rollback has begun, and waits for the start.
    await turnUntil(() => controller.signal.aborted && clock.pending > 0)
    clock.advance(100)
    expect(await failure).toMatchObject({ code: 'ABORTED', rollbackErrors: [{ code: 'STEP_TIMEOUT', step: 'settle' }] })
    late.resolve()
    await turn()
    expect(await scene.breaches('old')).toEqual([])
  })

  it('I3 ahead of the stop leaves the stream running: it is not started a second time', async () => {
    const { scene, part: stream } = sceneOfOne(part)
    const controller = new AbortController()
    stream.old.breakNext('persist', (run) => { const image = run(); controller.abort(); return image })
    expect(await failureOf(scene.dispatch({ signal: controller.signal }))).toMatchObject({ code: 'ABORTED' })
    expect(stream.gate.resource).toBe(stream.store)
    expect(stream.old.made).toEqual([stream.store])
    expect(await scene.breaches('old')).toEqual([])
  })
})

describe('a stream that can be started by neither', () => {
  it('I4 is halted, visibly, with its checkpoint kept', async () => {
    const { part: stream, error } = await haltedStream()
    expect(error).toMatchObject({ code: 'HANDOFF', step: 'start', rollbackErrors: [{ code: 'HANDOFF', phase: 'rollback', step: 'restart' }] })
    expect(stream.halted?.checkpoint).toBe(stream.old.images[0])
    expect(stream.old.images[0]?.discarded).toBe(0)
    expect(stream.replaced).toMatchObject([{ halted: { step: 'restart' } }])
    expect(() => stream.gate.resource).toThrow(expect.objectContaining({ code: 'RESOURCE_HALTED', retryable: true }))
    expect(stream.gate.state).toBe('open')
  })

  it('I4 is started by the next write, at the checkpoint, which is then discarded', async () => {
    const { scene, part: stream } = await haltedStream()
    await stream.write(3)
    expect(stream.gate.resource.entries).toEqual([1, 2, 3])
    expect(stream.old.images[0]?.discarded).toBe(1)
    expect(await scene.breaches('old')).toEqual([])
    expect(await scene.reload()).toEqual([])
  })

  it('I4 refuses a write while it does not start, and keeps the checkpoint', async () => {
    const { scene, part: stream } = await haltedStream()
    stream.old.breakNext('open', () => Promise.reject(new Error('still not')))
    expect(await failureOf(stream.write(3))).toMatchObject({ code: 'RESOURCE_HALTED' })
    expect(stream.old.images[0]?.discarded).toBe(0)
    await stream.write(4)
    expect(stream.acknowledged).toEqual([1, 2, 4])
    expect(await scene.breaches('old')).toEqual([])
  })

  it('I4 is started by a reload with a version that starts', async () => {
    const { scene, part: stream } = await haltedStream()
    stream.next = new StoreProvider('only', '3')
    const outcome = await scene.dispatch()
    outcome.commit()
    await outcome.finalize()
    expect(stream.halted).toBeUndefined()
    expect(await stream.breaches('new')).toEqual([])
  })

  it('I4 stays halted, with the same checkpoint, through a reload that fails too', async () => {
    const { scene, part: stream } = await haltedStream()
    const { halted } = stream
    stream.next = new StoreProvider('only', '3')
    stream.next.breakNext('open', () => { throw new Error('nor does the third') })
    expect(await failureOf(scene.dispatch())).toMatchObject({ code: 'HANDOFF', step: 'start', rollbackErrors: [] })
    expect(stream.halted).toBe(halted)
    expect(stream.old.images.map(({ discarded }) => discarded)).toEqual([0])
    expect(await scene.breaches('old')).toEqual([])
  })

  it('I4 I7 that a write starts again while a reload begins is checkpointed and stopped like any other', async () => {
    const { scene, part: stream } = await haltedStream()
    const restarting = new Deferred()
    stream.old.breakNext('open', async (run) => { await restarting.promise; return run() })
    const write = stream.write(3)
    stream.next = new StoreProvider('only', '3')
    const dispatching = scene.dispatch()
    await turn()
    restarting.resolve()
    await write
    const outcome = await dispatching
    outcome.commit()
    await outcome.finalize()
    expect(stream.old.made.map(({ closed }) => closed)).toEqual([1, 1])
    expect(await stream.breaches('new')).toEqual([])
  })

  it.each([undefined, null])('I3 an old provider that restarts as %s has not restarted', async (nothing) => {
    const { scene, part: stream } = sceneOfOne(part)
    stream.next.breakNext('open', () => { throw new Error('no') })
    stream.old.breakNext('open', () => nothing)
    expect(await failureOf(scene.dispatch())).toMatchObject({ rollbackErrors: [{ step: 'restart' }] })
    expect(stream.halted).toBeDefined()
    expect(await scene.breaches('old')).toEqual([])
  })
})

describe('a dry run of stop-and-copy', () => {
  it('stops nothing: it checkpoints, and discards the checkpoint', async () => {
    const { scene, part: stream, clock } = sceneOfOne(part)
    const outcome = await scene.dispatch({ dryRun: true })
    expect(stream.old.calls).toEqual(['persist'])
    expect(stream.next.calls).toEqual([])
    expect(outcome.resources(STORES['stop-and-copy'])).toEqual(new Map())
    expect(stream.gate.resource).toBe(stream.store)
    expect(await scene.breaches('old')).toEqual([])
    expect(clock.pending).toBe(0)
  })

  it('stops nothing of an exclusive cutover either', async () => {
    for (const discipline of ['clean', 'pre-copy'] as const) {
      const { scene, part: resource } = sceneOfOne({ discipline }, { cutover: 'exclusive' })
      await scene.dispatch({ dryRun: true })
      expect(resource.store.closed).toBe(0)
      expect(resource.newStores).toEqual([])
      expect(await scene.breaches('old')).toEqual([])
    }
  })
})
