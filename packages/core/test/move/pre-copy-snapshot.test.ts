import { describe, expect, it } from 'vitest'
import { Deferred, failureOf, standing, turn } from '../fixtures/deferred.js'
import { sceneOfOne } from '../fixtures/store-scene.js'

describe('pre-copy: the snapshot is a point in time', () => {
  it('I4 I6 holds writes while a handle that is not isolated persists', async () => {
    const { scene, part } = sceneOfOne({})
    const reached = new Deferred()
    const persisted = new Deferred()
    // It reads what it hands over only when it is let go on: a write in between would be in the image and in the
    // record.
    part.old.breakNext('persist', async (run) => {
      reached.resolve()
      await persisted.promise
      return run()
    })
    const dispatching = scene.dispatch()
    await reached.promise
    const write = part.write(3)
    expect(await standing(write)).toBe('pending')
    expect(part.store.entries).toEqual([1, 2])
    persisted.resolve()
    await write
    const outcome = await dispatching
    expect(part.newStores[0]?.entries).toEqual([1, 2, 3])
    outcome.commit()
    expect(await part.breaches('new')).toEqual([])
  })

  it('I4 records the writes made while an isolated handle persists', async () => {
    const { scene, part } = sceneOfOne({})
    part.old.isolated = true
    const reached = new Deferred()
    const persisted = new Deferred()
    part.old.breakNext('persist', async (run) => {
      const image = run()
      reached.resolve()
      await persisted.promise
      return image
    })
    const dispatching = scene.dispatch()
    await reached.promise
    await Promise.all([part.write(3), part.write(4)])
    expect(part.store.entries).toEqual([1, 2, 3, 4])
    persisted.resolve()
    const outcome = await dispatching
    expect(outcome.report[0]).toMatchObject({ replayedWrites: 2 })
    outcome.commit()
    expect(await part.breaches('new')).toEqual([])
  })

  it('I4 waits for the write in flight before it observes and persists', async () => {
    const { scene, part } = sceneOfOne({})
    const writing = new Deferred()
    part.old.breakNext('apply', async (run) => {
      await writing.promise
      run()
    })
    const write = part.write(3)
    const dispatching = scene.dispatch()
    await turn()
    expect(part.old.calls).toEqual(['apply'])
    writing.resolve()
    await write
    await dispatching
    expect(part.newStores[0]?.entries).toEqual([1, 2, 3])
  })
})

describe('pre-copy: the same meaning', () => {
  it('I6 a resource restored without an exception and with another content fails the handoff', async () => {
    const { scene, part } = sceneOfOne({})
    part.next.breakNext('open', () => part.next.make([1, 2, 2]))
    expect(await failureOf(scene.dispatch())).toMatchObject({ code: 'HANDOFF', phase: 'prepare', step: 'verify' })
    expect(await scene.breaches('old')).toEqual([])
  })

  it('I6 is judged at the point of the snapshot: writes made since do not count as a difference', async () => {
    const { scene, part } = sceneOfOne({})
    part.next.breakNext('open', async (run) => {
      const opened = run()
      await part.write(3)
      return opened
    })
    const outcome = await scene.dispatch()
    outcome.commit()
    expect(await part.breaches('new')).toEqual([])
  })
})

describe('pre-copy: the end', () => {
  it('I7 after the commit the old resource is closed once and the image discarded once, by the finalization', async () => {
    const { scene, part, clock } = sceneOfOne({})
    const outcome = await scene.dispatch()
    outcome.commit()
    expect(part.store.closed).toBe(0)
    await Promise.all([outcome.finalize(), outcome.finalize()])
    expect(part.store.closed).toBe(1)
    expect(part.old.images.map(({ discarded }) => discarded)).toEqual([1])
    expect(clock.pending).toBe(0)
    expect(await part.breaches('new')).toEqual([])
  })
})
