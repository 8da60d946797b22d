import { ManualClock } from '@uni/reload-core/testing'
import { describe, expect, it } from 'vitest'
import { Rounds } from '../../src/watch/rounds.js'

/** Rounds of 10 ms debounce, each of which lasts until it is told to end. */
function rounds(): {
  readonly clock: ManualClock
  readonly rounds: Rounds
  /** How many have begun. */
  readonly begun: () => number
  /** How many retries each was told of. */
  readonly retries: readonly number[]
  readonly putOff: readonly number[]
  /** Ends the round under way. */
  readonly end: (againInMs?: number) => Promise<void>
} {
  const clock = new ManualClock()
  const retries: number[] = []
  const putOff: number[] = []
  let ending: ((againInMs?: number) => void) | undefined
  const made = new Rounds({
    clock,
    debounceMs: 10,
    round: (signal, retry) => {
      retries.push(retry)
      return new Promise((resolve) => {
        const ended = (): void => {
          resolve(undefined)
        }
        ending = (againInMs) => {
          signal.removeEventListener('abort', ended)
          resolve(againInMs)
        }
        signal.addEventListener('abort', ended)
      })
    },
    onPutOff: (ms) => putOff.push(ms),
  })
  const end = async (againInMs?: number): Promise<void> => {
    await turn()
    ending?.(againInMs)
    await turn()
  }
  return { clock, rounds: made, begun: () => retries.length, retries, putOff, end }
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

describe('rounds', () => {
  it('W2 begin when changes have ceased, one for all of them', async () => {
    const { clock, rounds: made, begun, end } = rounds()
    for (let at = 0; at < 5; at += 1) {
      made.changed()
      clock.advance(9)
    }
    await turn()
    expect(begun()).toBe(0)
    clock.advance(1)
    await turn()
    expect(begun()).toBe(1)
    await end()
    clock.advance(100)
    await turn()
    expect(begun()).toBe(1)
  })

  it('W2 do not wait for ever for changes that do not cease', async () => {
    const { clock, rounds: made, begun } = rounds()
    for (let ms = 0; ms < 200; ms += 5) {
      made.changed()
      clock.advance(5)
    }
    await turn()
    expect(begun()).toBe(1)
  })

  it('W2 are one at a time: what changes meanwhile is one more', async () => {
    const { clock, rounds: made, begun, end } = rounds()
    made.begin()
    await turn()
    for (let at = 0; at < 22; at += 1) {
      made.changed()
      clock.advance(50)
    }
    made.begin()
    await turn()
    expect(begun()).toBe(1)
    await end()
    expect(begun()).toBe(1)
    clock.advance(10)
    await turn()
    expect(begun()).toBe(2)
  })

  it('W3 come again by themselves where they say so; a change does not wait for that', async () => {
    const { clock, rounds: made, retries, end } = rounds()
    made.begin()
    await end(1_000)
    clock.advance(999)
    await turn()
    expect(retries).toEqual([0])
    clock.advance(1)
    await end(1_000)
    expect(retries).toEqual([0, 1])
    made.changed()
    clock.advance(10)
    await end()
    expect(retries).toEqual([0, 1, 0])
    expect(clock.pending).toBe(0)
  })

  it('W7 I8 become ever rarer, up to one a minute, where each may have brought about the next', async () => {
    const { clock, rounds: made, begun, putOff, end } = rounds()
    made.begin()
    for (let at = 1; at < 30; at += 1) {
      await turn()
      made.changed()
      await end()
      expect(begun()).toBe(at)
      clock.advance(Math.max(10, putOff.at(-1) ?? 0))
      await turn()
    }
    expect(putOff.slice(0, 3)).toEqual([20, 40, 80])
    expect(putOff.at(-1)).toBe(60_000)
    await end()
    clock.advance(2_001)
    made.changed()
    clock.advance(10)
    await turn()
    expect(begun()).toBe(31)
  })

  it('W8 end: with the round under way, and none after it', async () => {
    const { clock, rounds: made, begun } = rounds()
    made.begin()
    await turn()
    made.changed()
    const settled = made.settled()
    await made.end()
    await settled
    made.changed()
    made.begin()
    clock.advance(10_000)
    await turn()
    expect(begun()).toBe(1)
    expect(clock.pending).toBe(0)
  })
})
