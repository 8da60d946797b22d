import { describe, expect, it } from 'vitest'
import { Deferred, failureOf, standing, turn } from '../fixtures/deferred.js'
import { scriptedKind, scriptedStrategy } from '../fixtures/scripted.js'
import { scriptedScene } from '../fixtures/scripted-scene.js'
import { STORES } from '../fixtures/store.js'
import { StoreScene } from '../fixtures/store-scene.js'

function threeDisciplines(): StoreScene {
  return new StoreScene({
    parts: {
      disk: { discipline: 'clean' },
      index: { discipline: 'pre-copy' },
      stream: { discipline: 'stop-and-copy' },
    },
  })
}

describe('an outcome', () => {
  it('I1 I4 holds every resource until the commit, which switches all of them in one turn', async () => {
    const scene = threeDisciplines()
    const outcome = await scene.dispatch()
    const parts = [...scene.parts.values()]
    const writes = parts.map((part) => part.write(3))
    for (const write of writes) expect(await standing(write)).toBe('pending')
    expect(parts.map(({ gate }) => gate.state)).toEqual(['held', 'held', 'held'])
    outcome.commit()
    expect(parts.map(({ gate, next }) => gate.resource.provider === next)).toEqual([true, true, true])
    await Promise.all(writes)
    for (const part of parts) expect(await part.breaches('new')).toEqual([])
  })

  it('knows the new resources of each surface by name', async () => {
    const scene = threeDisciplines()
    const outcome = await scene.dispatch()
    for (const { name, discipline, newStores } of scene.parts.values()) {
      expect(outcome.resources(STORES[discipline])).toEqual(new Map([[name, newStores[0]]]))
    }
    expect(outcome.resources(scriptedKind)).toEqual(new Map())
  })

  it('I3 that is rolled back gives every old resource back, and has no new ones', async () => {
    const scene = threeDisciplines()
    const outcome = await scene.dispatch()
    await outcome.rollback()
    expect(outcome.resources(STORES['pre-copy'])).toEqual(new Map())
    expect(await scene.breaches('old')).toEqual([])
    expect(await scene.reload()).toEqual([])
  })

  it('I3 that is disposed of uncommitted is rolled back, and committed is left alone', async () => {
    const scene = threeDisciplines()
    {
      await using outcome = await scene.dispatch()
      expect(outcome.report).toHaveLength(3)
    }
    expect(await scene.breaches('old')).toEqual([])
    {
      await using outcome = await scene.dispatch()
      outcome.commit()
    }
    for (const part of scene.parts.values()) expect(part.gate.resource.provider).toBe(part.next)
  })

  it('I3 is disposed of only when a rollback that somebody began has ended, which happens once', async () => {
    const log: string[] = []
    const rolling = new Deferred()
    const { dispatch } = scriptedScene(['a'], [scriptedStrategy(log, { rollback: () => rolling.promise })])
    const outcome = await dispatch()
    const first = outcome.rollback()
    const disposed = outcome[Symbol.asyncDispose]()
    expect(await standing(disposed)).toBe('pending')
    rolling.resolve()
    await Promise.all([first, disposed, outcome.rollback()])
    expect(log.filter((entry) => entry === 'rollback a')).toHaveLength(1)
  })

  it('I7 is finalized once, whoever asks', async () => {
    const log: string[] = []
    const { dispatch } = scriptedScene(['a', 'b'], [scriptedStrategy(log)])
    const outcome = await dispatch()
    outcome.commit()
    await Promise.all([outcome.finalize(), outcome.finalize()])
    await outcome.finalize()
    expect(log.filter((entry) => entry.startsWith('finalize'))).toEqual(['finalize a', 'finalize b'])
  })

  it('refuses what does not follow from its state', async () => {
    const log: string[] = []
    const { dispatch } = scriptedScene(['a'], [scriptedStrategy(log)])
    const outcome = await dispatch()
    expect(String(await failureOf(outcome.finalize()))).toContain('only a committed one has something to finalize')
    outcome.commit()
    expect(() => outcome.commit()).toThrow('is committed and cannot be committed')
    expect(String(await failureOf(outcome.rollback()))).toContain('this outcome is committed')
    const other = await dispatch()
    await other.rollback()
    expect(() => other.commit()).toThrow('is rolled-back and cannot be committed')
  })

  it('I1 I3 commits nothing where a gate was closed meanwhile, and can still be rolled back', async () => {
    const scene = threeDisciplines()
    const outcome = await scene.dispatch()
    await scene.part('index').gate.close()
    expect(() => outcome.commit()).toThrow(
      expect.objectContaining({ code: 'HANDOFF', phase: 'commit', resource: 'index' }),
    )
    await outcome.rollback()
    for (const { name, newStores, gate } of scene.parts.values()) {
      expect(newStores.map(({ closed }) => closed)).toEqual([1])
      expect(gate.state).toBe(name === 'index' ? 'closed' : 'open')
    }
    expect(await scene.part('disk').breaches('old')).toEqual([])
    expect(await scene.part('stream').breaches('old')).toEqual([])
  })

  it('I10 collects what fails in the finalization, and finalizes the rest', async () => {
    const log: string[] = []
    const { dispatch, clock } = scriptedScene(
      ['a', 'b', 'c'],
      [
        scriptedStrategy(log, {
          finalize: ({ name }) =>
            name === 'a' ? Promise.reject(new Error('a stays open')) : name === 'b' ? new Promise(() => {}) : undefined,
        }),
      ],
      { timeouts: { finalize: 100 } },
    )
    const outcome = await dispatch()
    outcome.commit()
    const failure = failureOf(outcome.finalize())
    await turn()
    clock.advance(100)
    expect(await failure).toMatchObject({
      errors: [
        { code: 'HANDOFF', resource: 'a', phase: 'finalize' },
        { code: 'STEP_TIMEOUT', resource: 'b' },
      ],
    })
    expect(log.slice(-3)).toEqual(['finalize a', 'finalize b', 'finalize c'])
    expect(clock.pending).toBe(0)
  })

  it('I10 keeps its report, whatever later reloads of the same gate measure', async () => {
    const scene = new StoreScene({ parts: { only: {} } })
    const part = scene.part('only')
    const outcome = await scene.dispatch()
    const write = part.write(3)
    scene.clock.advance(8)
    outcome.commit()
    await write
    expect(outcome.report).toMatchObject([
      { surface: 'pre-copy-store', key: 'only', resource: 'only', discipline: 'pre-copy', pauseMs: 8 },
    ])
    part.gate.resetLongestHeld()
    expect(outcome.report[0]?.pauseMs).toBe(8)
  })
})

describe('a dry run', () => {
  it('I3 goes through everything, and gives everything back', async () => {
    const scene = threeDisciplines()
    const outcome = await scene.dispatch({ dryRun: true })
    expect(scene.part('index').next.calls).toEqual(['open', 'verify', 'close'])
    expect(scene.part('disk').next.calls).toEqual(['open', 'close'])
    expect(scene.part('stream').next.calls).toEqual([])
    expect(outcome.report).toHaveLength(3)
    expect(outcome.resources(STORES['pre-copy'])).toEqual(new Map())
    expect(() => outcome.commit()).toThrow('is rolled-back')
    expect(await scene.breaches('old')).toEqual([])
  })

  it('finds what a reload would fail with', async () => {
    const scene = threeDisciplines()
    scene.part('index').next.breakNext('verify', () => {
      throw new Error('another meaning')
    })
    expect(await failureOf(scene.dispatch({ dryRun: true }))).toMatchObject({ code: 'HANDOFF', step: 'verify' })
    expect(await scene.breaches('old')).toEqual([])
  })

  it('I10 says so where undoing it fails', async () => {
    const scene = threeDisciplines()
    scene.part('index').next.breakNext('close', (run) => {
      run()
      throw new Error('closing failed')
    })
    expect(await failureOf(scene.dispatch({ dryRun: true }))).toMatchObject({
      code: 'HANDOFF',
      phase: 'rollback',
      rollbackErrors: [{ step: 'close', resource: 'index' }],
    })
    expect(await scene.breaches('old')).toEqual([])
  })
})
