import { describe, expect, it } from 'vitest'
import { Deferred, failureOf, standing, turn } from '../fixtures/deferred.js'
import { STORES } from '../fixtures/store.js'
import { sceneOfOne } from '../fixtures/store-scene.js'

const part = { discipline: 'stop-and-copy' } as const

describe('stop-and-copy', () => {
  it('I4 I5 holds deliveries, lets the one in flight settle, checkpoints, stops, starts, and goes on after the commit', async () => {
    const { scene, part: stream } = sceneOfOne(part)
    const inFlight = new Deferred()
    stream.old.breakNext('apply', async (run) => {
      await inFlight.promise
      run()
    })
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
    stream.old.breakNext('persist', () => {
      throw new Error('no checkpoint')
    })
    expect(await failureOf(scene.dispatch())).toMatchObject({
      code: 'HANDOFF',
      phase: 'converge',
      step: 'checkpoint',
      rollbackErrors: [],
    })
    expect(stream.gate.resource).toBe(stream.store)
    expect(stream.replaced).toEqual([])
    expect(await scene.breaches('old')).toEqual([])
  })

  it.each(['stop', 'start'] as const)(
    'I3 I4 a %s that fails: the old provider starts again at the same checkpoint and takes the place',
    async (step) => {
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
    },
  )

  it('I8 a new stream that starts after the deadline is stopped', async () => {
    const { scene, part: stream, clock } = sceneOfOne(part, { timeouts: { converge: 100 } })
    const late = new Deferred()
    stream.next.breakNext('open', async (run) => {
      await late.promise
      return run()
    })
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
    stream.next.breakNext('close', (run) => {
      order.push('stop new')
      run()
    })
    stream.old.breakNext('open', (run) => {
      order.push('restart old')
      return run()
    })
    await outcome.rollback()
    expect(order).toEqual(['stop new', 'restart old'])
    expect(await scene.breaches('old')).toEqual([])
  })

  it('I3 I8 a new stream whose stop hangs in the rollback does not keep the old one from starting again', async () => {
    const { scene, part: stream, clock } = sceneOfOne(part, { timeouts: { rollback: 100 } })
    const outcome = await scene.dispatch()
    stream.next.breakNext('close', (run) => {
      run()
      return new Promise(() => {})
    })
    const rolling = failureOf(outcome.rollback())
    await turn()
    clock.advance(100)
    expect(await rolling).toMatchObject({ errors: [{ code: 'STEP_TIMEOUT', step: 'stop' }] })
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
