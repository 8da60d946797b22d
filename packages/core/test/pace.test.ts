import { describe, expect, it, vi } from 'vitest'
import { forEachBounded } from '../src/dispatch/bounded.js'
import { Pace } from '../src/pace.js'

const turn = (): Promise<void> =>
  new Promise((resolve) => {
    setImmediate(resolve)
  })

/** Runs `body` with a time that moves on by one millisecond whenever it is read. */
async function timed(body: () => Promise<void>): Promise<void> {
  let now = 0
  const time = vi.spyOn(performance, 'now').mockImplementation(() => (now += 1))
  try {
    await body()
  } finally {
    time.mockRestore()
  }
}

describe('S8 the pace of what is done', () => {
  it('many workers share one slice a turn, and each gets its own', async () => {
    await timed(async () => {
      const pace = new Pace({ sliceMs: 4 })
      const done: number[] = []
      let turns = 0
      let most = 0
      const working = forEachBounded(
        Array.from({ length: 200 }, (_, nth) => nth),
        32,
        async (nth) => {
          done.push(nth)
        },
        () => {},
        pace,
      )
      while (done.length < 200) {
        const before = done.length
        await turn()
        turns += 1
        most = Math.max(most, done.length - before)
      }
      await working
      expect(turns).toBeGreaterThan(20)
      // Not thirty-two slices one behind the other.
      expect(most).toBeLessThan(20)
      expect(done).toEqual(Array.from({ length: 200 }, (_, nth) => nth))
    })
  })

  it('those that paused go on in the order in which they did', async () => {
    const pace = new Pace({ sliceMs: 1 })
    const order: number[] = []
    await Promise.all(
      [1, 2, 3].map(async (nth) => {
        await pace.pause()
        order.push(nth)
        await pace.pause()
        order.push(nth)
      }),
    )
    expect(order).toEqual([1, 2, 3, 1, 2, 3])
  })

  it('a share of the time leaves the rest to others; while writers are held, it is one turn', async () => {
    const pauses: number[] = []
    const timers = vi.spyOn(globalThis, 'setTimeout').mockImplementation(((go: () => void, ms: number) => {
      pauses.push(ms)
      setImmediate(go)
    }) as never)
    await timed(async () => {
      const pace = new Pace({ sliceMs: 6, share: 0.25 })
      await pace.pause()
      while (!pace.due()) {
        /* works */
      }
      await pace.pause()
      await pace.underHold.pause()
      expect(new Pace().underHold).not.toBe(pace.underHold)
    })
    timers.mockRestore()
    expect(pauses).toHaveLength(2)
    // As much as three slices, of which the last was six milliseconds and the looks at the time.
    expect(pauses[1]).toBeGreaterThanOrEqual(18)
    expect(pauses[1]).toBeLessThanOrEqual(36)
  })

  it('a pace that takes all of the time is the same while writers are held', () => {
    const pace = new Pace()
    expect(pace.underHold).toBe(pace)
  })
})
