import { ManualClock } from '@uni/reload-core/testing'
import { describe, expect, it } from 'vitest'
import { Deadlines } from '../src/deadlines.js'

function deadlinesOf() {
  const clock = new ManualClock()
  const passed: string[] = []
  const deadlines = new Deadlines(clock)
  const set = (name: string, ms: number) =>
    deadlines.set(ms, () => {
      passed.push(`${name} at ${clock.now()}`)
    })
  return { clock, passed, set, deadlines }
}

describe('deadlines', () => {
  it('I8 pass when they are due, in that order, whatever their length', () => {
    const { clock, passed, set } = deadlinesOf()
    set('long', 100)
    clock.advance(10)
    set('short', 20)
    set('long too', 100)
    clock.advance(19)
    expect(passed).toEqual([])
    clock.advance(500)
    expect(passed).toEqual(['short at 30', 'long at 100', 'long too at 110'])
    expect(clock.pending).toBe(0)
  })

  it('I8 ten thousand of them share one timer, and none is left once all have ended', () => {
    const { clock, passed, set } = deadlinesOf()
    const all = Array.from({ length: 10_000 }, (_, nth) => set(String(nth), 100 + (nth % 3)))
    expect(clock.pending).toBe(1)
    for (const deadline of all.slice(1)) deadline.cancel()
    expect(clock.pending).toBe(1)
    clock.advance(99)
    all[0]?.cancel()
    all[0]?.cancel()
    expect(clock.pending).toBe(0)
    clock.advance(1000)
    expect(passed).toEqual([])
  })

  it('I8 one may cancel another that passes with it, and set a further one', () => {
    const { clock, passed, set, deadlines } = deadlinesOf()
    const others: { cancel(): void }[] = []
    deadlines.set(50, () => {
      others[0]?.cancel()
      set('further', 50)
    })
    others.push(set('cancelled', 50))
    set('goes on', 50)
    clock.advance(50)
    expect(passed).toEqual(['goes on at 50'])
    clock.advance(50)
    expect(passed).toEqual(['goes on at 50', 'further at 100'])
    expect(clock.pending).toBe(0)
  })
})
