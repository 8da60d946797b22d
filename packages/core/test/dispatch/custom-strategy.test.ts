import { ReloadKindHandlers, type HandoffStrategy, type ReloadError } from '@uni/reload-core'
import { describe, expect, it } from 'vitest'
import { Deferred, failureOf, turn } from '../fixtures/deferred.js'
import { scriptedKind, scriptedStrategy, type Scripted, type ScriptedResource } from '../fixtures/scripted.js'
import { scriptedScene } from '../fixtures/scripted-scene.js'
import { turnUntil } from '../fixtures/turn-until.js'

describe('a dispatcher of a host with a registry of its own', () => {
  it('I10 tells what could not be cleaned up, whatever comes of telling it', async () => {
    const told: ReloadError[] = []
    const tellings = [
      () => {},
      () => {
        throw new Error('nobody listens')
      },
      () => Promise.reject(new Error('nobody listens')),
    ]
    for (const telling of tellings) {
      const { dispatch } = scriptedScene(
        ['a'],
        [
          scriptedStrategy([], {
            prepare: (_, ctx) => {
              ctx.unclean('close', new Error('it is stuck'))
            },
          }),
        ],
        {
          onUnclean: (error) => {
            told.push(error)
            return telling()
          },
        },
      )
      await using outcome = await dispatch()
      expect(outcome.report).toHaveLength(1)
    }
    await turn()
    expect(told).toMatchObject(
      tellings.map(() => ({
        code: 'HANDOFF',
        surface: 'scripted',
        resource: 'a',
        step: 'close',
        phase: 'prepare',
        cause: { message: 'it is stuck' },
      })),
    )
  })

  it('I10 says which keys were added, and which removed', async () => {
    const { dispatch, old, next } = scriptedScene(['a'], [scriptedStrategy([])])
    old.add(scriptedKind, { key: 'dropped', version: '1' })
    next.add(scriptedKind, { key: 'new', version: '2' })
    await using outcome = await dispatch()
    expect({ added: outcome.added, removed: outcome.removed }).toEqual({
      added: [{ surface: 'scripted', key: 'new' }],
      removed: [{ surface: 'scripted', key: 'dropped' }],
    })
    const tried = await dispatch({ dryRun: true, handlers: new ReloadKindHandlers() })
    expect({ added: tried.added, removed: tried.removed }).toEqual({ added: outcome.added, removed: outcome.removed })
  })
})

describe('a strategy written by hand', () => {
  it('is driven through prepare, converge, and after the commit finalize', async () => {
    const log: string[] = []
    const { dispatch, gates } = scriptedScene(['a', 'b'], [scriptedStrategy(log)])
    const outcome = await dispatch()
    outcome.commit()
    await outcome.finalize()
    expect(log).toEqual(['prepare a', 'prepare b', 'converge a', 'converge b', 'finalize a', 'finalize b'])
    expect([...gates.values()].map(({ resource }) => resource.by)).toEqual(['2', '2'])
  })

  it('O2 I3 is rolled back in reverse order, and what fails on the way is collected', async () => {
    const log: string[] = []
    const { dispatch, states } = scriptedScene(
      ['a', 'b', 'c', 'd'],
      [
        scriptedStrategy(log, {
          converge: ({ name }) => {
            if (name === 'd') throw new Error('d does not converge')
          },
          rollback: ({ name }) => {
            if (name === 'b' || name === 'c') throw new Error(`${name} does not go back`)
          },
        }),
      ],
    )
    const error = await failureOf(dispatch())
    expect(error).toMatchObject({ code: 'HANDOFF', phase: 'converge', resource: 'd' })
    expect((error as ReloadError).rollbackErrors).toMatchObject([
      { code: 'HANDOFF', phase: 'rollback', resource: 'c', cause: new Error('c does not go back') },
      { resource: 'b' },
    ])
    expect(log.filter((entry) => entry.startsWith('rollback'))).toEqual([
      'rollback d',
      'rollback c',
      'rollback b',
      'rollback a',
    ])
    expect(states()).toEqual(['open', 'open', 'open', 'open'])
  })

  it('I8 a rollback that hangs is given up on: the others are rolled back, and no gate stays held', async () => {
    const log: string[] = []
    const { dispatch, clock, states, gates } = scriptedScene(
      ['a', 'b', 'c'],
      [
        scriptedStrategy(log, {
          rollback: ({ name }) => (name === 'b' ? new Promise(() => {}) : undefined),
        }),
      ],
      { timeouts: { rollback: 100 } },
    )
    const outcome = await dispatch()
    const failure = failureOf(outcome.rollback())
    await turnUntil(() => log.includes('rollback a'))
    await turn()
    const held = gates.get('b')?.write(1) as Promise<void>
    clock.advance(100)
    expect(await failure).toMatchObject({ errors: [{ code: 'STEP_TIMEOUT', phase: 'rollback', resource: 'b' }] })
    expect(log.slice(-3)).toEqual(['rollback c', 'rollback b', 'rollback a'])
    await held
    expect(states()).toEqual(['open', 'open', 'open'])
    expect(clock.pending).toBe(0)
  })

  it('I8 one that hangs outside any plugin call is given up on as well', async () => {
    for (const step of ['prepare', 'converge'] as const) {
      const log: string[] = []
      const { dispatch, clock, states } = scriptedScene(
        ['a'],
        [scriptedStrategy(log, { [step]: () => new Promise(() => {}) })],
        { timeouts: { [step]: 100 } },
      )
      const failure = failureOf(dispatch())
      await turn()
      clock.advance(100)
      expect(await failure).toMatchObject({ code: 'STEP_TIMEOUT', phase: step, resource: 'a' })
      expect(log.at(-1)).toBe('rollback a')
      expect(states()).toEqual(['open'])
      expect(clock.pending).toBe(0)
    }
  })

  it('S1 I8 the deadline starts anew with every plugin call', async () => {
    const log: string[] = []
    const { dispatch, clock } = scriptedScene(
      ['a'],
      [
        scriptedStrategy(log, {
          prepare: async (_, ctx) => {
            for (let call = 0; call < 5; call += 1) {
              await ctx.call(`call ${call}`, async () => {
                await turn()
                clock.advance(99)
              })
            }
          },
        }),
      ],
      { timeouts: { prepare: 100 } },
    )
    const outcome = await dispatch()
    expect(clock.now()).toBe(5 * 99)
    await outcome.rollback()
  })

  it('I8 may go on past a call that hangs, and its signal fires for that call alone', async () => {
    const log: string[] = []
    let heard: unknown
    const { dispatch, clock } = scriptedScene(
      ['a'],
      [
        scriptedStrategy(log, {
          prepare: async (_, ctx) => {
            await ctx
              .call(
                'optional',
                (signal) =>
                  new Promise(() => {
                    signal.addEventListener('abort', () => {
                      heard = signal.reason
                    })
                  }),
              )
              .catch(() => {})
            log.push(await ctx.call('instead', () => 'did it instead'))
          },
        }),
      ],
      { timeouts: { prepare: 100 } },
    )
    const dispatching = dispatch()
    await turn()
    clock.advance(100)
    await dispatching
    expect(heard).toMatchObject({ code: 'STEP_TIMEOUT', step: 'optional', resource: 'a' })
    expect(log).toEqual(['prepare a', 'did it instead', 'converge a'])
  })

  it('I10 that makes two calls at once is told which of them hung', async () => {
    const log: string[] = []
    const { dispatch, clock } = scriptedScene(
      ['a'],
      [
        scriptedStrategy(log, {
          prepare: (_, ctx) =>
            Promise.all([
              ctx.call('hangs', () => new Promise(() => {})),
              ctx
                .call('ends', () => turn())
                .then(() => {
                  log.push('ended')
                }),
            ]),
        }),
      ],
      { timeouts: { prepare: 100 } },
    )
    const failure = failureOf(dispatch())
    await turnUntil(() => log.includes('ended'))
    clock.advance(100)
    expect(await failure).toMatchObject({ code: 'STEP_TIMEOUT', step: 'hangs' })
    expect(clock.pending).toBe(0)
  })

  it.each([null, undefined])('I3 that converges with %s fails', async (given) => {
    const log: string[] = []
    const strategy = scriptedStrategy(log)
    const { dispatch, states } = scriptedScene(
      ['a'],
      [
        {
          ...strategy,
          handoff: (job, ctx) =>
            ({ ...(strategy.handoff?.(job, ctx) as object), converge: () => Promise.resolve(given) }) as never,
        },
      ],
    )
    expect(await failureOf(dispatch())).toMatchObject({ code: 'HANDOFF', phase: 'converge', rollbackErrors: [] })
    expect(states()).toEqual(['open'])
  })

  const NO_HANDOFF = 'something that is not a handoff'
  it.each<[string, unknown, string]>([
    ['nothing', undefined, NO_HANDOFF],
    ['null', null, NO_HANDOFF],
    ['an empty object', {}, NO_HANDOFF],
    ['a number', 7, NO_HANDOFF],
    ['a promise', Promise.resolve({}), 'handoff() returned a promise; expected its value'],
  ])('I3 whose handoff() returns %s fails with one error', async (_, given, says) => {
    const strategy: HandoffStrategy<Scripted, ScriptedResource, number> = {
      surface: scriptedKind,
      discipline: 'contract',
      handoff: () => given as never,
    }
    const { dispatch, states } = scriptedScene(['a'], [strategy])
    const error = await failureOf(dispatch())
    expect(error).toMatchObject({ code: 'HANDOFF', phase: 'prepare', resource: 'a', rollbackErrors: [] })
    expect(String(error)).toContain(says)
    expect(states()).toEqual(['open'])
  })

  it('H2 I4 that lets writes go on before the commit fails at its converge, not at the commit', async () => {
    const log: string[] = []
    const { dispatch, states } = scriptedScene(
      ['a', 'b'],
      [
        scriptedStrategy(log, {
          converge: ({ name, gate }) => {
            if (name === 'b') gate.release()
          },
        }),
      ],
    )
    const error = await failureOf(dispatch())
    expect(error).toMatchObject({ code: 'HANDOFF', phase: 'converge', resource: 'b' })
    expect(states()).toEqual(['open', 'open'])
  })

  it('I3 I8 is rolled back only when its aborted step has ended, however deep its calls lie', async () => {
    const opened: string[] = []
    const closed: string[] = []
    const log: string[] = []
    const made = new Map<string, string>()
    const deeply = async (depth: number, run: () => Promise<string>): Promise<string> =>
      depth === 0 ? run() : deeply(depth - 1, run)
    const gone = new Deferred()
    const { dispatch } = scriptedScene(
      ['a', 'b'],
      [
        scriptedStrategy(log, {
          prepare: async ({ name }, ctx) => {
            if (name === 'b') {
              await gone.promise
              throw new Error('b fails')
            }
            made.set(
              name,
              await deeply(60, () =>
                ctx.call('open', async () => {
                  gone.resolve()
                  opened.push(name)
                  return name
                }),
              ),
            )
          },
          rollback: ({ name }) => {
            if (made.has(name)) closed.push(name)
          },
        }),
      ],
    )
    expect(await failureOf(dispatch())).toMatchObject({ code: 'HANDOFF', resource: 'b' })
    expect(opened).toEqual(['a'])
    expect(closed).toEqual(['a'])
  })
})
