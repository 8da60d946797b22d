import { describe, expect, it } from 'vitest'
import { Deferred, failureOf, turn } from '../fixtures/deferred.js'
import type { Fault } from '../fixtures/store.js'
import { sceneOfOne } from '../fixtures/store-scene.js'

/**
 * Lets `arriving` writes come as the replay of each write it names by number begins; resolves with the gate's state at
 * each.
 */
async function replayAgainst(arriving: ReadonlyMap<number, number>) {
  const { scene, part } = sceneOfOne({})
  const states: string[] = []
  let written = 100
  const arrive = (count = 0): void => {
    for (let i = 0; i < count; i += 1) void part.write((written += 1))
  }
  const replayOne: Fault = (run) => {
    states.push(part.gate.state)
    arrive(arriving.get(states.length))
    part.next.breakNext('apply', replayOne)
    return run()
  }
  part.next.breakNext('open', async (run) => {
    const opened = run()
    arrive(arriving.get(0))
    await turn()
    return opened
  })
  part.next.breakNext('apply', replayOne)
  const outcome = await scene.dispatch()
  const replayed = states.slice()
  outcome.commit()
  return { replayed, report: outcome.report[0], breaches: await part.breaches('new') }
}

describe('pre-copy: the writes made meanwhile', () => {
  it('I4 are applied to the old resource at once, and replayed on the new one in order', async () => {
    const { scene, part } = sceneOfOne({})
    const reached = new Deferred()
    const opened = new Deferred()
    part.next.breakNext('open', async (run) => {
      reached.resolve()
      await opened.promise
      return run()
    })
    const dispatching = scene.dispatch()
    await reached.promise
    await Promise.all([3, 4, 5].map((n) => part.write(n)))
    await expect(part.write(-1)).rejects.toBeInstanceOf(RangeError)
    expect(part.store.entries).toEqual([1, 2, 3, 4, 5])
    opened.resolve()
    const outcome = await dispatching
    expect(outcome.report[0]).toMatchObject({ replayedWrites: 3, bytes: '[1,2]'.length })
    outcome.commit()
    expect(await part.breaches('new')).toEqual([])
  })

  it('I4 are replayed round after round while they shrink, and writers go on', async () => {
    const { replayed, report, breaches } = await replayAgainst(
      new Map([
        [0, 200],
        [1, 100],
        [201, 50],
      ]),
    )
    expect(replayed).toEqual(Array.from({ length: 350 }, () => 'recording'))
    expect(report).toMatchObject({ replayedWrites: 350 })
    expect(breaches).toEqual([])
  })

  it('I8 are replayed under load once they no longer shrink, too, and writers are slowed down for it; so are a few', async () => {
    const paced = await replayAgainst(
      new Map([
        [0, 40],
        [1, 40],
        [41, 40],
      ]),
    )
    expect(paced.replayed).toEqual(Array.from({ length: 120 }, () => 'recording'))
    expect(paced.breaches).toEqual([])
    const few = await replayAgainst(new Map([[0, 32]]))
    expect(few.replayed).toEqual(Array.from({ length: 32 }, () => 'recording'))
    expect(few.breaches).toEqual([])
  })

  it('I8 are replayed under load where writers keep nearly the pace, which are slowed down after a number of rounds', async () => {
    // Each round finds one write fewer than the one before; there are 16 while all are prepared, and 16 once they are.
    const sizes = Array.from({ length: 33 }, (_, round) => 100 - round)
    const begins = sizes.map((_, round) => 1 + sizes.slice(0, round).reduce((sum, size) => sum + size, 0))
    const { replayed, breaches } = await replayAgainst(
      new Map([[0, 100], ...sizes.slice(1).map((size, round) => [begins[round] as number, size] as const)]),
    )
    expect(replayed.filter((state) => state === 'held')).toEqual([])
    expect(replayed).toHaveLength(sizes.reduce((sum, size) => sum + size, 0))
    expect(breaches).toEqual([])
  })

  it('I8 of writers that never pause are let in by halves, round after round, and few are left for the hold', async () => {
    const { scene, part } = sceneOfOne({})
    const [waiting, sizes]: [number[], number[]] = [[], []]
    let [written, replayed] = [100, 0]
    // Each write that is answered is followed by another, as fast as they are let in: a hundred writers.
    const goOn = (): void => {
      if (written < 5000) void part.write((written += 1)).then(goOn)
    }
    part.next.breakNext('open', async (run) => {
      const opened = run()
      for (let n = 0; n < 100; n += 1) goOn()
      await turn()
      return opened
    })
    const replayOne: Fault = async (run) => {
      replayed += 1
      await undefined
      if (part.gate.state === 'held') waiting.push(part.gate.waiting)
      sizes.push(part.gate.recorded)
      part.next.breakNext('apply', replayOne)
      return run()
    }
    part.next.breakNext('apply', replayOne)
    const outcome = await scene.dispatch()
    expect(waiting.length).toBeLessThanOrEqual(2)
    expect(replayed).toBeGreaterThan(100)
    outcome.commit()
    written = 5000
    await part.answered()
    expect(await part.breaches('new')).toEqual([])
  })

  it('I3 the new resource refusing one fails the handoff, whatever the old one made of it', async () => {
    const { scene, part } = sceneOfOne({})
    part.next.breakNext('open', async (run) => {
      const opened = run()
      await part.write(3)
      return opened
    })
    part.next.breakNext('apply', () => {
      throw new RangeError('three is one too many')
    })
    expect(await failureOf(scene.dispatch())).toMatchObject({
      code: 'HANDOFF',
      phase: 'converge',
      step: 'replay',
      resource: 'only',
      rollbackErrors: [],
      cause: new RangeError('three is one too many'),
    })
    expect(await scene.breaches('old')).toEqual([])
    expect(await scene.reload()).toEqual([])
  })

  it('I3 I4 writers waiting at the bound go on against whatever serves, commit or rollback', async () => {
    for (const ending of ['commit', 'rollback'] as const) {
      const { scene, part } = sceneOfOne({ gate: { maxRecorded: 2 } })
      part.next.breakNext('open', async (run) => {
        const opened = run()
        for (const n of [3, 4, 5, 6, 7, 8, 9]) void part.write(n)
        await turn()
        return opened
      })
      const outcome = await scene.dispatch()
      for (const n of [10, 11, 12]) void part.write(n)
      await turn()
      expect(part.acknowledged.length).toBeLessThan(12)
      if (ending === 'commit') outcome.commit()
      else await outcome.rollback()
      await part.answered()
      expect(part.acknowledged).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12])
      expect(await scene.breaches(ending === 'commit' ? 'new' : 'old')).toEqual([])
    }
  })
})
