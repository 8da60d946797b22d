import { describe, expect, it } from 'vitest'
import { Deferred, failureOf, turn } from '../fixtures/deferred.js'
import { StoreProvider } from '../fixtures/store.js'
import { sceneOfOne } from '../fixtures/store-scene.js'
import { turnUntil } from '../fixtures/turn-until.js'

const part = { discipline: 'stop-and-copy' } as const

async function haltedStream() {
  const made = sceneOfOne(part)
  made.part.next.breakNext('open', () => {
    throw new Error('the new one does not start')
  })
  made.part.old.breakNext('open', () => {
    throw new Error('nor does the old one')
  })
  const error = await failureOf(made.scene.dispatch())
  return { ...made, error }
}

describe('a stream that can be started by neither', () => {
  it('I4 is halted, visibly, with its checkpoint kept', async () => {
    const { part: stream, error } = await haltedStream()
    expect(error).toMatchObject({
      code: 'HANDOFF',
      step: 'start',
      rollbackErrors: [{ code: 'HANDOFF', phase: 'rollback', step: 'restart' }],
    })
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
    stream.next.breakNext('open', () => {
      throw new Error('nor does the third')
    })
    expect(await failureOf(scene.dispatch())).toMatchObject({ code: 'HANDOFF', step: 'start', rollbackErrors: [] })
    expect(stream.halted).toBe(halted)
    expect(stream.old.images.map(({ discarded }) => discarded)).toEqual([0])
    expect(await scene.breaches('old')).toEqual([])
  })

  it('I4 I7 that a write starts again while a reload begins is checkpointed and stopped like any other', async () => {
    const { scene, part: stream } = await haltedStream()
    const restarting = new Deferred()
    stream.old.breakNext('open', async (run) => {
      await restarting.promise
      return run()
    })
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

  it('I8 I12 where the old one starts after all, past its deadline, that one is stopped: never two owners', async () => {
    const { scene, part: stream, clock } = sceneOfOne(part, { timeouts: { rollback: 100 } })
    const late = new Deferred()
    stream.next.breakNext('open', () => {
      throw new Error('no')
    })
    stream.old.breakNext('open', async (run) => {
      await late.promise
      return run()
    })
    const failure = failureOf(scene.dispatch())
    await turnUntil(() => stream.old.calls.at(-1) === 'open')
    clock.advance(100)
    expect(await failure).toMatchObject({ rollbackErrors: [{ code: 'STEP_TIMEOUT', step: 'restart' }] })
    await stream.write(3)
    late.resolve()
    await turn()
    expect(stream.old.made.map(({ closed }) => closed)).toEqual([1, 0, 1])
    expect(await scene.breaches('old')).toEqual([])
  })

  it.each([undefined, null])('I3 an old provider that restarts as %s has not restarted', async (nothing) => {
    const { scene, part: stream } = sceneOfOne(part)
    stream.next.breakNext('open', () => {
      throw new Error('no')
    })
    stream.old.breakNext('open', () => nothing)
    expect(await failureOf(scene.dispatch())).toMatchObject({ rollbackErrors: [{ step: 'restart' }] })
    expect(stream.halted).toBeDefined()
    expect(await scene.breaches('old')).toEqual([])
  })

  it('I4 that was moved by exclusive pre-copy is started from its image by a later reload, in overlap too', async () => {
    const { scene, part: stream } = sceneOfOne({ discipline: 'pre-copy' }, { cutover: 'exclusive' })
    stream.next.breakNext('open', () => {
      throw new Error('the new one does not start')
    })
    stream.old.breakNext('open', () => {
      throw new Error('nor does the old one')
    })
    await failureOf(scene.dispatch())
    stream.next = new StoreProvider('only', '3')
    const outcome = await scene.dispatch({ cutover: 'overlap' })
    outcome.commit()
    await outcome.finalize()
    expect(stream.old.images.map(({ discarded }) => discarded)).toEqual([1])
    expect(await stream.breaches('new')).toEqual([])
  })
})
