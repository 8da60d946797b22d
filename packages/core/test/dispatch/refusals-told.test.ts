import {
  OldProviders,
  PluginHost,
  ReloadDispatcher,
  ReloadKindHandlers,
  defineSurface,
  type HandoffStrategy,
  type ReloadError,
} from '@uni/reload-core'
import { describe, expect, it } from 'vitest'
import { failureOf, turn } from '../fixtures/deferred.js'
import { scriptedKind, scriptedStrategy } from '../fixtures/scripted.js'
import { scriptedScene } from '../fixtures/scripted-scene.js'
import { TestPlugin } from '../fixtures/test-plugin.js'
import { timeoutOf } from '../../src/dispatch/timeouts.js'

const saying = (text: string): string => expect.stringContaining(text) as string
const no = (): never => {
  throw new Error('no')
}
const kindOf = (key: string, version: string): OldProviders => new OldProviders().add(scriptedKind, { key, version })

describe('what is refused before a dispatch says why, where, and what to do', () => {
  const dispatcher = new ReloadDispatcher([scriptedStrategy([])])
  const handlers = new ReloadKindHandlers().add(scriptedKind, { name: 'one', key: 'a', resource: { by: '1' } })
  const place = { phase: 'preflight', surface: 'scripted', key: 'a', resource: 'one' }

  it('I10 no old provider', async () => {
    expect(
      await failureOf(dispatcher.dispatch({ old: kindOf('b', '1'), next: kindOf('a', '2'), handlers })),
    ).toMatchObject({
      ...place,
      code: 'PROVIDER_NOT_FOUND',
      message: saying('being replaced does not provide this key'),
      hint: saying('after a rollback the resource goes on with it'),
    })
  })

  it('I10 no new provider', async () => {
    expect(
      await failureOf(dispatcher.dispatch({ old: kindOf('a', '1'), next: kindOf('b', '2'), handlers })),
    ).toMatchObject({
      ...place,
      code: 'ORPHANED_RESOURCE',
      message: saying('no new provider has this key'),
      hint: saying('Close the resource first'),
    })
  })

  it('I10 a name given twice, and a strategy registered twice or not at all', async () => {
    expect(() => handlers.add(scriptedKind, { name: 'one', key: 'b', resource: { by: '1' } })).toThrow(
      expect.objectContaining({
        code: 'DUPLICATE',
        surface: 'scripted',
        key: 'b',
        resource: 'one',
        message: saying('handed over already'),
        hint: saying('once'),
      }),
    )
    expect(() => dispatcher.use(scriptedStrategy([]))).toThrow(
      expect.objectContaining({
        code: 'DUPLICATE',
        surface: 'scripted',
        message: saying('registered already'),
        hint: saying('one strategy for each surface'),
      }),
    )
    const stranger = defineSurface<{ key: string }>({ id: 'stranger', keyOf: ({ key }) => key })
    const view = new OldProviders().add(stranger, { key: 'a' })
    expect(await failureOf(dispatcher.checkCompat(view, view))).toMatchObject({
      code: 'NO_STRATEGY',
      surface: 'stranger',
      message: saying('no strategy is registered'),
      hint: saying('Pass its strategy'),
    })
  })

  it('I10 an incompatible version, and a check that gives no verdict', async () => {
    const judging = (verdict: unknown): HandoffStrategy<{ key: string; version: string }, never, never> => ({
      surface: scriptedKind as never,
      discipline: 'contract',
      checkCompat: () => verdict as never,
    })
    const refused = (verdict: unknown) =>
      failureOf(
        new ReloadDispatcher().use(judging(verdict)).dispatch({ old: kindOf('a', '1'), next: kindOf('a', '2') }),
      )
    const error = await refused({ level: 'incompatible', reason: 'other units' })
    expect(error).toMatchObject({
      message: saying('scripted "a": other units'),
      hint: saying('The old version goes on serving. Keep the contract'),
    })
    expect(error).toMatchObject({ plugin: undefined })
    expect(await refused('fine')).toMatchObject({
      message: saying('something that is not a verdict'),
      hint: saying('Correct the new one, then reload again'),
    })
  })
})

describe('what fails in a dispatch says why, where, and what to do', () => {
  it.each(['prepare', 'converge'] as const)('I10 a %s that throws', async (phase) => {
    const { dispatch } = scriptedScene(['a'], [scriptedStrategy([], { [phase]: no })])
    const error = await failureOf(dispatch())
    expect(error).toMatchObject({
      code: 'HANDOFF',
      phase,
      step: phase === 'prepare' ? undefined : 'hold writes',
      hint: 'The old version goes on serving. Correct the new one, then reload again.',
    })
  })

  it('I10 a rollback that throws', async () => {
    const { dispatch } = scriptedScene(['a'], [scriptedStrategy([], { rollback: no })])
    const outcome = await dispatch()
    expect(await failureOf(outcome.rollback())).toMatchObject({
      message: 'the rollback was not clean',
      errors: [{ phase: 'rollback', hint: saying('host.resources() says what state') }],
    })
  })

  it('I10 a finalization that throws', async () => {
    const { dispatch } = scriptedScene(['a'], [scriptedStrategy([], { finalize: no })])
    const outcome = await dispatch()
    outcome.commit()
    expect(await failureOf(outcome.finalize())).toMatchObject({
      message: 'closing the old resources failed',
      errors: [{ phase: 'finalize', hint: undefined }],
    })
  })

  it('I8 I10 a call past its deadline: how long it had, and the option that gives it longer', async () => {
    const { dispatch, clock } = scriptedScene(
      ['a'],
      [scriptedStrategy([], { prepare: (_, ctx) => ctx.call('slow', () => new Promise(() => {})) })],
      { timeouts: { prepare: 70 } },
    )
    const failure = failureOf(dispatch())
    await turn()
    clock.advance(70)
    expect(await failure).toMatchObject({
      code: 'STEP_TIMEOUT',
      step: 'slow',
      message: saying('no answer within 70 ms'),
      hint: 'If the step is only slow, raise timeouts.prepare.',
    })
  })

  it('I10 an abort: by the caller, or because another handoff failed', async () => {
    const controller = new AbortController()
    const heard: unknown[] = []
    const { dispatch } = scriptedScene(
      ['a', 'b'],
      [
        scriptedStrategy([], {
          prepare: ({ name }, ctx) => {
            if (name === 'b') throw new Error('b fails')
            return ctx.call(
              'wait',
              (signal) =>
                new Promise((_, reject) => {
                  signal.addEventListener('abort', () => {
                    heard.push(signal.reason)
                    reject(signal.reason)
                  })
                }),
            )
          },
        }),
      ],
    )
    await failureOf(dispatch())
    expect(heard).toMatchObject([
      {
        code: 'ABORTED',
        phase: 'prepare',
        cause: { code: 'ABORTED', phase: 'prepare', message: saying('another handoff of this reload failed') },
      },
    ])
    controller.abort()
    expect(await failureOf(dispatch({ signal: controller.signal }))).toMatchObject({
      code: 'ABORTED',
      message: saying('the caller aborted'),
    })
  })

  it('I10 what the error of a plugin has of particulars, and nothing where it has none', async () => {
    const failing = async (thrown: unknown): Promise<ReloadError> => {
      const { dispatch } = scriptedScene(
        ['a'],
        [
          scriptedStrategy([], {
            prepare: () => {
              throw thrown
            },
          }),
        ],
      )
      return (await failureOf(dispatch())) as ReloadError
    }
    expect((await failing(Object.assign(new Error('no'), { details: ['row 7'] }))).details).toEqual(['row 7'])
    expect((await failing(new Error('no'))).details).toBeUndefined()
    expect((await failing('text')).details).toBeUndefined()
  })

  it('I10 a handoff that cannot be, is none, has nothing, or lets its gate go', async () => {
    const bare = { surface: scriptedKind, discipline: 'contract' } as const
    expect(await failureOf(scriptedScene(['a'], [bare]).dispatch())).toMatchObject({
      message: saying('cannot hand over a live resource'),
    })
    const none = scriptedStrategy([], { converge: () => null })
    expect(await failureOf(scriptedScene(['a'], [none]).dispatch())).toMatchObject({
      message: saying('converged without a resource'),
    })
    const loose = scriptedStrategy([], { converge: ({ gate }) => gate.release() })
    expect(await failureOf(scriptedScene(['a'], [loose]).dispatch())).toMatchObject({
      message: saying('converged and left its gate open'),
    })
  })

  it.each(['converge', 'rollback', 'finalize'])('I3 a handoff without %s is none', async (missing) => {
    const strategy = scriptedStrategy([])
    const { dispatch } = scriptedScene(
      ['a'],
      [
        {
          ...strategy,
          handoff: (job, ctx) => ({ ...(strategy.handoff?.(job, ctx) as object), [missing]: undefined }) as never,
        },
      ],
    )
    expect(await failureOf(dispatch())).toMatchObject({
      code: 'HANDOFF',
      phase: 'prepare',
      message: saying('something that is not a handoff'),
    })
  })

  it('I4 I10 a gate that was let go before the commit', async () => {
    const { dispatch, gates } = scriptedScene(['a', 'b'], [scriptedStrategy([])])
    const outcome = await dispatch()
    gates.get('b')?.release()
    expect(() => outcome.commit()).toThrow(
      expect.objectContaining({
        code: 'HANDOFF',
        phase: 'commit',
        resource: 'b',
        message: saying('the gate of the resource is open, not held'),
        hint: saying('Neither close nor release a gate'),
      }),
    )
    expect(gates.get('a')?.resource.by).toBe('1')
    await outcome.rollback()
  })

  it('I10 a failed dispatch reports how long it took, what was held, and what blocked', async () => {
    const { dispatch, clock, gates } = scriptedScene(
      ['a', 'b'],
      [
        scriptedStrategy([], {
          converge: async ({ name }) => {
            if (name === 'a') return { by: '2' }
            const write = gates.get('a')?.write(1)
            await turn()
            clock.advance(12)
            void write
            throw new Error('b fails')
          },
        }),
      ],
      { concurrency: 1 },
    )
    clock.advance(5)
    const error = (await failureOf(dispatch())) as ReloadError
    expect(error.report).toMatchObject({
      totalMs: 12,
      pauseMs: 12,
      handoffs: [
        { resource: 'a', pauseMs: 12 },
        { resource: 'b', pauseMs: 0, convergeMs: 0 },
      ],
    })
  })

  it('I10 undoing a dry run', async () => {
    const { dispatch } = scriptedScene(['a', 'b'], [scriptedStrategy([], { rollback: no })])
    const error = (await failureOf(dispatch({ dryRun: true }))) as ReloadError
    expect(error).toMatchObject({
      phase: 'rollback',
      surface: 'scripted',
      key: 'b',
      resource: 'b',
      message: saying('the dry run succeeded, and could not be undone'),
    })
    expect(error.rollbackErrors).toHaveLength(2)
    expect(error.cause).toBe(error.rollbackErrors[0])
  })
})

describe('the deadlines of plugin calls', () => {
  it("I8 are bounded for every phase, and the caller's come first", () => {
    const phases = [
      'stage',
      'preflight',
      'prepare',
      'converge',
      'rollback',
      'finalize',
      'bake',
      'open',
      'write',
      'drain',
    ] as const
    expect(phases.map((phase) => timeoutOf({}, phase))).toEqual([
      30_000, 60_000, 300_000, 30_000, 30_000, 30_000, 30_000, 300_000, 30_000, 30_000,
    ])
    expect(phases.map((phase) => timeoutOf({ [phase]: 7 }, phase))).toEqual(phases.map(() => 7))
  })
})

describe('what fails before there is anything to hand over says what to do', () => {
  it('I10 a plugin that does not start', async () => {
    await using host = new PluginHost({ strategies: [] })
    expect(await failureOf(host.add(new TestPlugin('a', '1.0.0', { init: no })))).toMatchObject({
      code: 'PLUGIN',
      phase: 'stage',
      plugin: 'a@1.0.0',
      step: 'init',
      hint: 'Correct the plugin; nothing was changed.',
    })
  })
})
