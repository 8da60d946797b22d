import type { DispatcherOptions, StepContext } from '@uni/reload-core'
import { describe, expect, it } from 'vitest'
import { Deferred, failureOf, turn } from '../fixtures/deferred.js'
import { scriptedStrategy, type Script } from '../fixtures/scripted.js'
import { scriptedScene } from '../fixtures/scripted-scene.js'

describe('the calls of a step', () => {
  it('I8 its signal is that of the call made last which is pending, or else that of the phase', async () => {
    const seen: Record<string, boolean> = {}
    const { dispatch } = scriptedScene(
      ['a'],
      [
        scriptedStrategy([], {
          prepare: async (_, ctx) => {
            const phase = ctx.signal
            await ctx.call('outer', async (signal) => {
              seen['of the outer'] = ctx.signal === signal && signal !== phase
              await ctx.call('inner', (own) => {
                seen['of the inner'] = ctx.signal === own && own !== signal
              })
              seen['of the outer, after the inner'] = ctx.signal === signal
            })
            const [one, other] = [new Deferred(), new Deferred<AbortSignal>()]
            const first = ctx.call('first', () => one.promise)
            const last = ctx.call('last', async (signal) => {
              await other.promise
              return signal
            })
            one.resolve()
            await first
            const { signal } = ctx
            other.resolve(signal)
            seen['of the last, after the first'] = signal === (await last)
            seen['of the phase, after both'] = ctx.signal === phase
          },
        }),
      ],
    )
    await (await dispatch()).rollback()
    expect(seen).toEqual({
      'of the outer': true,
      'of the inner': true,
      'of the outer, after the inner': true,
      'of the last, after the first': true,
      'of the phase, after both': true,
    })
  })

  it('I8 the deadline of one is suspended while one inside it is pending, whichever other has ended', async () => {
    const begun = new Deferred()
    const one = new Deferred()
    const inner = new Deferred()
    const { dispatch, clock } = scriptedScene(
      ['a'],
      [
        scriptedStrategy([], {
          prepare: async (_, ctx) => {
            const first = ctx.call('first', () => one.promise)
            await ctx.call('outer', async () => {
              one.resolve()
              await first
              clock.advance(99)
              await ctx.call('inner', () => {
                begun.resolve()
                return inner.promise
              })
              clock.advance(99)
            })
          },
        }),
      ],
      { timeouts: { prepare: 100 } },
    )
    const dispatching = dispatch()
    await begun.promise
    clock.advance(99)
    inner.resolve()
    await (await dispatching).rollback()
    expect(clock.now()).toBe(3 * 99)
    expect(clock.pending).toBe(0)
  })

  it('I8 one is not begun in a phase that has ended', async () => {
    const log: string[] = []
    const { dispatch, clock } = scriptedScene(
      ['a'],
      [
        scriptedStrategy(log, {
          prepare: async (_, ctx) => {
            await new Promise((resolve) => {
              ctx.signal.addEventListener('abort', resolve)
            })
            await ctx
              .call('too late', () => {
                log.push('too late')
              })
              .catch(({ code }) => {
                log.push(code)
              })
          },
        }),
      ],
      { timeouts: { prepare: 100 } },
    )
    const failure = failureOf(dispatch())
    await turn()
    clock.advance(100)
    expect(await failure).toMatchObject({ code: 'STEP_TIMEOUT', phase: 'prepare' })
    expect(log).toEqual(['prepare a', 'STEP_TIMEOUT', 'rollback a'])
  })
})

describe('a step that was given up on is inert', () => {
  it('S2 I8 it makes no further call', async () => {
    const log: string[] = []
    const late = new Deferred()
    const { dispatch, clock } = scriptedScene(
      ['a'],
      [
        scriptedStrategy(log, {
          prepare: async (_, ctx) => {
            await late.promise
            await ctx
              .call('open', () => {
                log.push('opened')
              })
              .catch((error: unknown) => {
                log.push(String(error))
              })
          },
        }),
      ],
      { timeouts: { prepare: 100 } },
    )
    const failure = failureOf(dispatch())
    await turn()
    clock.advance(100)
    expect(await failure).toMatchObject({ code: 'STEP_TIMEOUT' })
    late.resolve()
    await turn()
    expect(log).toEqual([
      'prepare a',
      'rollback a',
      expect.stringMatching(
        /ABORTED \(scripted "a", resource "a", open\): the call was not made: the phase that it belongs to is over.*Await each ctx\.call/s,
      ),
    ])
  })

  it('I8 nor does a check that has waited for a write in flight', async () => {
    const log: string[] = []
    const using = new Deferred()
    const { dispatch, clock, gates } = scriptedScene(
      ['a'],
      [
        {
          ...scriptedStrategy(log),
          checkCompat: async ({ live }, ctx) => {
            await live[0]?.use(() => {})
            await ctx.call('probe the new version', () => {
              log.push('probed')
            })
            return { level: 'compatible' }
          },
        },
      ],
      { timeouts: { preflight: 100 } },
    )
    const use = gates.get('a')?.use(() => using.promise)
    const failure = failureOf(dispatch())
    await turn()
    clock.advance(100)
    expect(await failure).toMatchObject({ code: 'STEP_TIMEOUT' })
    using.resolve()
    await use
    await turn()
    expect(log).toEqual([])
  })
})

/** A handoff that has converged, and is in no phase until it is rolled back. */
async function between(script: Script = {}, options: DispatcherOptions = {}) {
  const contexts: StepContext[] = []
  const { dispatch, clock } = scriptedScene(
    ['a'],
    [
      scriptedStrategy([], {
        ...script,
        prepare: (_, ctx) => {
          ctx.progress(1, 2)
          contexts.push(ctx)
        },
      }),
    ],
    options,
  )
  const outcome = await dispatch()
  return { outcome, clock, ctx: contexts[0] as StepContext }
}

describe('a call that may be made later, as a write makes it to start a halted resource', () => {
  it('I10 fails like one of a rollback', async () => {
    const { ctx, outcome, clock } = await between()
    expect(
      await failureOf(
        ctx.call(
          'restart',
          () => {
            throw new Error('no port')
          },
          { later: true },
        ),
      ),
    ).toMatchObject({
      code: 'HANDOFF',
      phase: 'rollback',
      surface: 'scripted',
      key: 'a',
      resource: 'a',
      step: 'restart',
      hint: expect.stringContaining('host.resources()') as string,
    })
    expect(clock.pending).toBe(0)
    await outcome.rollback()
  })

  it('I8 has a deadline, and what it gives after that is disposed of once', async () => {
    const { ctx, outcome, clock } = await between({}, { timeouts: { rollback: 100 } })
    const late = new Deferred<string>()
    const discarded: string[] = []
    const failure = failureOf(
      ctx.call('restart', () => late.promise, {
        later: true,
        discard: (value) => {
          discarded.push(value)
        },
      }),
    )
    clock.advance(100)
    expect(await failure).toMatchObject({ code: 'STEP_TIMEOUT', phase: 'rollback', step: 'restart' })
    late.resolve('started')
    await turn()
    expect(discarded).toEqual(['started'])
    await outcome.rollback()
  })

  it('I10 that ends in the next phase does not end it, nor take the name of its step', async () => {
    const aside = new Deferred()
    const begun = new Deferred()
    const { ctx, outcome, clock } = await between(
      {
        rollback: async () => {
          aside.resolve()
          await turn()
          await ctx.call('close', () => {
            begun.resolve()
            return new Promise(() => {})
          })
        },
      },
      { timeouts: { rollback: 100 } },
    )
    const calling = ctx.call('restart', () => aside.promise, { later: true })
    const failure = failureOf(outcome.rollback())
    await calling
    await begun.promise
    clock.advance(100)
    expect(await failure).toMatchObject({ errors: [{ code: 'STEP_TIMEOUT', phase: 'rollback', step: 'close' }] })
    expect(clock.pending).toBe(0)
  })

  it('has a signal that never fires before it, and may tell of progress', async () => {
    const { ctx, outcome } = await between()
    expect(ctx.signal.aborted).toBe(false)
    expect(() => ctx.progress(2, 2)).not.toThrow()
    await outcome.rollback()
  })
})
