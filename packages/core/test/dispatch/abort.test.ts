import { describe, expect, it } from 'vitest'
import { Deferred, failureOf, standing, turn } from '../fixtures/deferred.js'
import { scriptedStrategy } from '../fixtures/scripted.js'
import { scriptedScene } from '../fixtures/scripted-scene.js'
import { turnUntil } from '../fixtures/turn-until.js'

describe('an abort', () => {
  it('I3 before the dispatch touches nothing, also where there is nothing to hand over', async () => {
    for (const names of [['a'], []]) {
      const log: string[] = []
      const { dispatch, clock } = scriptedScene(names, [scriptedStrategy(log)])
      expect(await failureOf(dispatch({ signal: AbortSignal.abort(new Error('never mind')) }))).toMatchObject({
        code: 'ABORTED',
        cause: new Error('never mind'),
      })
      expect(log).toEqual([])
      expect(clock.pending).toBe(0)
    }
  })

  it('I3 while writes are being held rolls back, and the writer in flight is not disturbed', async () => {
    const log: string[] = []
    const { dispatch, gates, states } = scriptedScene(['a'], [scriptedStrategy(log)])
    const gate = gates.get('a')
    const using = new Deferred()
    const use = gate?.use(() => using.promise) as Promise<void>
    const controller = new AbortController()
    const failure = failureOf(dispatch({ signal: controller.signal }))
    await turnUntil(() => gate?.state === 'held')
    controller.abort()
    expect(await failure).toMatchObject({ code: 'ABORTED', phase: 'converge', step: 'hold writes' })
    expect(log).toEqual(['prepare a', 'rollback a'])
    expect(states()).toEqual(['open'])
    expect(await standing(use)).toBe('pending')
    using.resolve()
    await use
  })

  it('I3 in the last step of the last resource still rolls back', async () => {
    const log: string[] = []
    const controller = new AbortController()
    const { dispatch, states } = scriptedScene(
      ['a', 'b'],
      [
        scriptedStrategy(log, {
          converge: ({ name }) => {
            if (name === 'b') controller.abort()
          },
        }),
      ],
    )
    expect(await failureOf(dispatch({ signal: controller.signal }))).toMatchObject({ code: 'ABORTED' })
    expect(log.slice(-2)).toEqual(['rollback b', 'rollback a'])
    expect(states()).toEqual(['open', 'open'])
  })

  it('after the outcome was given does nothing', async () => {
    const controller = new AbortController()
    const { dispatch, gates } = scriptedScene(['a'], [scriptedStrategy([])])
    const outcome = await dispatch({ signal: controller.signal })
    controller.abort()
    await turn()
    outcome.commit()
    await outcome.finalize()
    expect(gates.get('a')?.resource.by).toBe('2')
  })
})
