import { describe, expect, it } from 'vitest'
import { Deferred, failureOf, standing, turn } from '../fixtures/deferred.js'
import { sceneOfOne } from '../fixtures/store-scene.js'
import { turnUntil } from '../fixtures/turn-until.js'

const part = { discipline: 'stop-and-copy' } as const

describe('stop-and-copy that is aborted', () => {
  it.each(['stop', 'start'] as const)(
    'I3 I8 in the middle of a %s restarts the old stream only when that has settled: never two owners',
    async (step) => {
      const { scene, part: stream } = sceneOfOne(part)
      const controller = new AbortController()
      const reached = new Deferred()
      const underWay = new Deferred()
      const broken = step === 'stop' ? stream.old : stream.next
      broken.breakNext(step === 'stop' ? 'close' : 'open', async (run) => {
        reached.resolve()
        await underWay.promise
        return run()
      })
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
    },
  )

  it.each(['before', 'after'] as const)(
    'I3 I8 restarts the old stream only when a new one that started late has stopped again (%s the rollback began)',
    async (started) => {
      const { scene, part: stream } = sceneOfOne(part)
      const controller = new AbortController()
      const stopping = new Deferred()
      const stopBegun = new Deferred()
      const starting = new Deferred()
      stream.next.breakNext('open', async (run) => {
        controller.abort()
        if (started === 'after') await starting.promise
        return run()
      })
      stream.next.breakNext('close', async (run) => {
        stopBegun.resolve()
        await stopping.promise
        run()
      })
      const failure = failureOf(scene.dispatch({ signal: controller.signal }))
      await turn()
      starting.resolve()
      await stopBegun.promise
      expect(await standing(failure)).toBe('pending')
      expect(stream.old.made).toHaveLength(1)
      stopping.resolve()
      expect(await failure).toMatchObject({ code: 'ABORTED', rollbackErrors: [] })
      expect(await scene.breaches('old')).toEqual([])
    },
  )

  it('I8 in the middle of a start that hangs goes on at the deadline, and stops what starts after it', async () => {
    const { scene, part: stream, clock } = sceneOfOne(part, { timeouts: { rollback: 100 } })
    const controller = new AbortController()
    const late = new Deferred()
    stream.next.breakNext('open', async (run) => {
      controller.abort()
      await late.promise
      return run()
    })
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
    stream.old.breakNext('persist', (run) => {
      const image = run()
      controller.abort()
      return image
    })
    expect(await failureOf(scene.dispatch({ signal: controller.signal }))).toMatchObject({ code: 'ABORTED' })
    expect(stream.gate.resource).toBe(stream.store)
    expect(stream.old.made).toEqual([stream.store])
    expect(await scene.breaches('old')).toEqual([])
  })
})
