import { closeAside, type MaybePromise, type StepContext } from '@uni/reload-core'
import { describe, expect, it } from 'vitest'
import { failureOf, turn } from '../fixtures/deferred.js'
import { scriptedStrategy } from '../fixtures/scripted.js'
import { scriptedScene } from '../fixtures/scripted-scene.js'

/** A reload whose check opens something to look at it, does `first`, and closes it aside. */
function looking(
  close: (ctx: StepContext) => MaybePromise<void>,
  first: (ctx: StepContext) => MaybePromise<unknown> = () => {},
) {
  const closes: AbortSignal[] = []
  const scene = scriptedScene(
    ['a'],
    [
      {
        ...scriptedStrategy([]),
        async checkCompat(_, ctx) {
          await first(ctx)
          await closeAside(ctx, () => {
            closes.push(ctx.signal)
            return close(ctx)
          })
          return { level: 'compatible' }
        },
      },
    ],
    { timeouts: { preflight: 100 } },
  )
  return { ...scene, closes }
}

describe('what a check opened only to look at it', () => {
  it.each<[string, () => MaybePromise<void>]>([
    ['closes', () => {}],
    [
      'throws',
      () => {
        throw new Error('no')
      },
    ],
    ['rejects', () => Promise.reject(new Error('no'))],
  ])('I7 is closed once, and the check goes on, where closing it %s', async (_, close) => {
    const { dispatch, closes, clock } = looking(close)
    await (await dispatch()).rollback()
    expect(closes).toHaveLength(1)
    expect(clock.pending).toBe(0)
  })

  it('I8 is closed once where that hangs, by a call with a deadline of its own, and the check goes on', async () => {
    const { dispatch, closes, clock } = looking(() => new Promise(() => {}))
    const dispatching = dispatch()
    await turn()
    clock.advance(100)
    await (await dispatching).rollback()
    expect(closes.map(({ reason }) => reason as unknown)).toMatchObject([
      { code: 'STEP_TIMEOUT', phase: 'preflight', step: 'close' },
    ])
    expect(clock.pending).toBe(0)
  })

  it.each<[string, () => MaybePromise<void>]>([
    ['', () => {}],
    [
      ', and what that throws is dropped',
      () => {
        throw new Error('no')
      },
    ],
  ])('I3 I7 is closed once where the check was aborted meanwhile%s', async (_, close) => {
    const controller = new AbortController()
    const { dispatch, closes } = looking(close, (ctx) => {
      controller.abort()
      return new Promise((resolve) => {
        if (ctx.signal.aborted) resolve(undefined)
      })
    })
    expect(await failureOf(dispatch({ signal: controller.signal }))).toMatchObject({
      code: 'ABORTED',
      phase: 'preflight',
    })
    expect(closes).toHaveLength(1)
  })
})
