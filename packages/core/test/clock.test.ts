import { systemClock } from '@uni/reload-core'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

const DAY_MS = 86_400_000

describe('the clock of the system', () => {
  beforeEach(() => {
    vi.useFakeTimers()
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  it.each([1, 24, 25, 100])(
    'I8 calls back after %d days, and not before: a timer of the platform takes less than 25',
    (days) => {
      let called = 0
      systemClock.after(days * DAY_MS, () => {
        called += 1
      })
      vi.advanceTimersByTime(days * DAY_MS - 1)
      expect(called).toBe(0)
      vi.advanceTimersByTime(1)
      expect({ called, timers: vi.getTimerCount() }).toEqual({ called: 1, timers: 0 })
      vi.advanceTimersByTime(100 * DAY_MS)
      expect(called).toBe(1)
    },
  )

  it.each([1, 100])('I12 leaves no timer where it is cancelled, however far it is: %d days', (days) => {
    const cancel = systemClock.after(days * DAY_MS, () => {
      throw new Error('called')
    })
    vi.advanceTimersByTime((days * DAY_MS) / 2)
    cancel()
    expect(vi.getTimerCount()).toBe(0)
  })

  it('sets no timer for what is never to be called', () => {
    systemClock.after(Number.POSITIVE_INFINITY, () => {})()
    expect(vi.getTimerCount()).toBe(0)
  })
})
