import type { Slices } from '@uni/reload-core'
import { describe, expect, it } from 'vitest'
import { forEachBounded } from '../../src/dispatch/bounded.js'
import { Deferred, failureOf, standing, turn } from '../fixtures/deferred.js'

describe('tasks that run at most so many at a time', () => {
  it('I3 a rejection waits for every task that was begun, is that of the first failure, and aborts once', async () => {
    const slow = new Deferred()
    const begun: string[] = []
    let aborts = 0
    const failing = failureOf(
      forEachBounded(
        ['a', 'b', 'c', 'd'],
        3,
        async (item) => {
          begun.push(item)
          if (item === 'a') await slow.promise
          else throw new Error(item)
        },
        () => {
          aborts += 1
        },
      ),
    )
    expect(await standing(failing)).toBe('pending')
    slow.resolve()
    expect(await failing).toEqual(new Error('b'))
    expect({ begun, aborts }).toEqual({ begun: ['a', 'b', 'c'], aborts: 1 })
  })

  it('an item is taken when its task is to begin, and none is once there are no more', async () => {
    const taken: number[] = []
    function* items(): Generator<number> {
      for (let nth = 1; nth <= 3; nth += 1) {
        taken.push(nth)
        yield nth
      }
    }
    const first = new Deferred()
    const running = forEachBounded(
      items(),
      1,
      (nth) => (nth === 1 ? first.promise : undefined),
      () => {},
    )
    expect(await standing(running)).toBe('pending')
    expect(taken).toEqual([1])
    first.resolve()
    await running
    expect(taken).toEqual([1, 2, 3])
  })

  it('nothing to do is done at once', async () => {
    expect(
      await failureOf(
        forEachBounded(
          [],
          4,
          () => Promise.reject(new Error('nothing to run')),
          () => {},
        ),
      ),
    ).toBeUndefined()
  })

  it('goes on from pause to pause where a slice is too short for anything', async () => {
    let pauses = 0
    const slices = {
      due: () => true,
      pause: async () => {
        pauses += 1
      },
    }
    const done: string[] = []
    await forEachBounded(
      ['a', 'b', 'c'],
      2,
      async (item) => {
        done.push(item)
      },
      () => {},
      slices as unknown as Slices,
    )
    expect({ done, pauses }).toEqual({ done: ['a', 'b', 'c'], pauses: 5 })
  })

  it('waits once for the next slice where there is one task, however many there might be', async () => {
    let pauses = 0
    let isDue = true
    const slices = {
      due: () => isDue,
      pause: async () => {
        pauses += 1
        await turn()
        isDue = false
      },
    }
    const done: string[] = []
    await forEachBounded(
      ['a'],
      32,
      (item) => {
        done.push(item)
      },
      () => {},
      slices as unknown as Slices,
    )
    expect({ done, pauses }).toEqual({ done: ['a'], pauses: 1 })
  })

  it('a failure that is undefined is a failure too', async () => {
    let rejected = false
    await forEachBounded(
      [1],
      1,
      () => Promise.reject(),
      () => {},
    ).catch(() => {
      rejected = true
    })
    expect(rejected).toBe(true)
  })
})
