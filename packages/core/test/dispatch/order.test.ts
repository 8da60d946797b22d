import { defineSurface, type Discipline } from '@uni/reload-core'
import { describe, expect, it } from 'vitest'
import { failureOf, turn } from '../fixtures/deferred.js'
import { scriptedStrategy, type Scripted, type ScriptedResource } from '../fixtures/scripted.js'
import { scriptedScene } from '../fixtures/scripted-scene.js'

function strategyOf(discipline: Discipline, log: string[], script: Parameters<typeof scriptedStrategy>[1] = {}) {
  const surface = defineSurface<Scripted, ScriptedResource, number>({
    id: discipline,
    keyOf: (provider) => provider.key,
    apply: () => {},
  })
  return scriptedStrategy(log, script, { surface, discipline })
}

describe('the order of a dispatch', () => {
  it('I4 converges stop-and-copy first and pre-copy last, whatever the order of the handlers', async () => {
    for (const disciplines of [
      ['pre-copy', 'clean', 'stop-and-copy', 'contract'],
      ['stop-and-copy', 'contract', 'pre-copy', 'clean'],
    ] as const) {
      const log: string[] = []
      const { dispatch } = scriptedScene(
        [...disciplines],
        disciplines.map((discipline) => strategyOf(discipline, log)),
      )
      await dispatch()
      const converged = log
        .filter((entry) => entry.startsWith('converge'))
        .map((entry) => entry.slice('converge '.length))
      expect(converged[0]).toBe('stop-and-copy')
      expect(converged.at(-1)).toBe('pre-copy')
      expect(log.findLastIndex((entry) => entry.startsWith('prepare'))).toBeLessThan(
        log.findIndex((entry) => entry.startsWith('converge')),
      )
    }
  })

  it("I10 holds nobody else's writers while a stream is stopped and started", async () => {
    const held: (readonly string[])[] = []
    const names = ['pre-copy', 'clean', 'contract', 'stop-and-copy'] as const
    const scene = scriptedScene(
      names,
      names.map((discipline) =>
        strategyOf(discipline, [], {
          converge: async () => {
            await turn()
            if (discipline === 'stop-and-copy') held.push(scene.states())
          },
        }),
      ),
    )
    await scene.dispatch()
    expect(held).toEqual([['open', 'open', 'open', 'held']])
  })

  it("I4 holds nobody else's writers while one that took long to catch up replays the rest of its record", async () => {
    const surface = defineSurface<Scripted, ScriptedResource, number>({
      id: 'busy or idle',
      keyOf: (provider) => provider.key,
      apply: () => {},
    })
    const log: string[] = []
    const scene = scriptedScene(
      ['idle', 'busy'],
      [
        scriptedStrategy(
          log,
          {
            catchUp: async ({ name }) => {
              if (name === 'idle') return
              await turn()
              scene.clock.advance(6)
            },
            converge: async () => {
              await turn()
              log.push(String(scene.states()))
            },
          },
          { surface, discipline: 'pre-copy' },
        ),
      ],
    )
    await scene.dispatch()
    expect(log).toEqual([
      'prepare idle',
      'prepare busy',
      'catchUp idle',
      'catchUp busy',
      'converge busy',
      'open,held',
      'converge idle',
      'held,held',
    ])
  })

  it.each([1, 2, 3, 8])('hands over at most %i at a time', async (concurrency) => {
    let running = 0
    let most = 0
    const names = ['a', 'b', 'c', 'd', 'e', 'f']
    const busy = async (): Promise<void> => {
      running += 1
      most = Math.max(most, running)
      await turn()
      running -= 1
    }
    const { dispatch } = scriptedScene(names, [scriptedStrategy([], { prepare: busy, converge: busy })], {
      concurrency,
    })
    await dispatch()
    expect(most).toBe(Math.min(concurrency, names.length))
  })

  it('I3 begins nothing further after a failure, and rolls back only what was begun', async () => {
    const log: string[] = []
    const { dispatch } = scriptedScene(
      ['a', 'b', 'c', 'd'],
      [
        scriptedStrategy(log, {
          prepare: ({ name }) => {
            if (name === 'b') throw new Error('no')
          },
        }),
      ],
      { concurrency: 1 },
    )
    await failureOf(dispatch())
    expect(log).toEqual(['prepare a', 'prepare b', 'rollback b', 'rollback a'])
  })

  it('I3 I8 a failure fires the signals of the others, and is what the reload fails with', async () => {
    const log: string[] = []
    const { dispatch } = scriptedScene(
      ['a', 'b', 'c'],
      [
        scriptedStrategy(log, {
          prepare: ({ name }, ctx) => {
            if (name === 'c') throw new Error('c is the one')
            return ctx.call(
              'wait',
              (signal) =>
                new Promise((_, reject) => {
                  signal.addEventListener('abort', () => {
                    log.push(`abort ${name}`)
                    reject(new Error(`${name} was stopped`))
                  })
                }),
            )
          },
        }),
      ],
    )
    const error = await failureOf(dispatch())
    expect(error).toMatchObject({
      code: 'HANDOFF',
      resource: 'c',
      rollbackErrors: [],
      cause: new Error('c is the one'),
    })
    expect(log.filter((entry) => entry.startsWith('abort'))).toEqual(['abort a', 'abort b'])
  })

  it('I3 I10 an abort that nothing is left to notice still counts, and says where', async () => {
    const { dispatch } = scriptedScene([], [scriptedStrategy([])])
    expect(await failureOf(dispatch({ signal: AbortSignal.abort() }))).toMatchObject({
      code: 'ABORTED',
      phase: 'converge',
      message: expect.stringContaining('the caller aborted') as string,
    })
  })

  it('tells each handoff of the cutover, which overlaps unless the host says otherwise, and of nothing that stands by', async () => {
    const told: unknown[] = []
    const { dispatch } = scriptedScene(
      ['a'],
      [
        scriptedStrategy([], {
          prepare: (job) => {
            told.push([job.cutover, 'standby' in job])
          },
        }),
      ],
    )
    for (const more of [{}, { cutover: 'exclusive' }] as const) await (await dispatch(more)).rollback()
    expect(told).toEqual([
      ['overlap', false],
      ['exclusive', false],
    ])
  })
})
