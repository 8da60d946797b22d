import { ManualClock } from '@uni/reload-core/testing'
import { expect, it } from 'vitest'

it.each([Number.NaN, -1, Number.POSITIVE_INFINITY, '5'])('a clock cannot be moved on by %s', (ms) => {
  const clock = new ManualClock()
  expect(() => clock.advance(ms as number)).toThrow(
    'advance ms: expected a finite number of milliseconds, 0 or more, and got',
  )
  expect(clock.now()).toBe(0)
})
