import { describe, expect, it } from 'vitest'
import { failureOf, standing, turn } from '../fixtures/deferred.js'
import { StoreScene } from '../fixtures/store-scene.js'

const NAMES = ['a', 'b', 'c', 'd'] as const

function sceneOf(discipline: 'pre-copy' | 'clean', concurrency: number): StoreScene {
  return new StoreScene({
    parts: Object.fromEntries(NAMES.map((name) => [name, { discipline }])),
    concurrency,
    timeouts: { rollback: 100 },
  })
}

describe('a rollback of several resources', () => {
  it.each(['pre-copy', 'clean'] as const)(
    'I3 lets the writers of all that serve on go first, however long closing takes: %s',
    async (discipline) => {
      const scene = sceneOf(discipline, 1)
      const parts = NAMES.map((name) => scene.part(name))
      for (const { next } of parts) next.breakNext('close', () => new Promise(() => {}))
      const outcome = await scene.dispatch()
      const writes = parts.map((part) => part.write(9))
      const rolledBack = outcome.rollback()
      await Promise.all(writes)
      expect(outcome.report.map(({ pauseMs }) => pauseMs)).toEqual([0, 0, 0, 0])
      expect(await standing(rolledBack)).toBe('pending')
      for (const _ of NAMES) {
        scene.clock.advance(100)
        await turn()
      }
      await failureOf(rolledBack)
    },
  )

  it('I3 I8 closes as many at a time as are handed over: those that hang share their deadline', async () => {
    for (const [concurrency, deadlines] of [
      [1, 4],
      [2, 2],
      [32, 1],
    ] as const) {
      const scene = sceneOf('pre-copy', concurrency)
      for (const name of NAMES) scene.part(name).next.breakNext('close', () => new Promise(() => {}))
      const outcome = await scene.dispatch()
      const rolledBack = failureOf(outcome.rollback())
      let passed = 0
      while ((await standing(rolledBack)) === 'pending') {
        passed += 1
        scene.clock.advance(100)
      }
      expect(passed).toBe(deadlines)
      expect(await rolledBack).toMatchObject({
        errors: [...NAMES].toReversed().map((resource) => ({ code: 'STEP_TIMEOUT', resource })),
      })
    }
  })

  it('O2 I3 what has to be started again comes first, and its gate is held until it is', async () => {
    const scene = new StoreScene({
      parts: { stream: { discipline: 'stop-and-copy' }, document: {} },
      concurrency: 1,
      timeouts: { rollback: 100 },
    })
    const [stream, document] = [scene.part('stream'), scene.part('document')]
    document.next.breakNext('close', () => new Promise(() => {}))
    const outcome = await scene.dispatch()
    let states: string[] = []
    stream.old.breakNext('open', (run) => {
      states = [stream.gate.state, document.gate.state]
      return run()
    })
    const writes = [stream.write(9), document.write(9)]
    const rolledBack = failureOf(outcome.rollback())
    await Promise.all(writes)
    await turn()
    expect(states).toEqual(['held', 'open'])
    scene.clock.advance(100)
    expect(await rolledBack).toMatchObject({ errors: [{ resource: 'document', step: 'close' }] })
    expect(await stream.breaches('old')).toEqual([])
  })

  it('I3 a gate that was let go and has been held again meanwhile is left alone by what is closed late', async () => {
    const scene = sceneOf('pre-copy', 1)
    scene.part('d').next.breakNext('close', () => new Promise(() => {}))
    const outcome = await scene.dispatch()
    const rolledBack = failureOf(outcome.rollback())
    await turn()
    const { gate } = scene.part('d')
    await gate.hold()
    scene.clock.advance(100)
    await rolledBack
    expect(gate.state).toBe('held')
  })
})
