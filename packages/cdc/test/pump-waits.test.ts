import { getEventListeners } from 'node:events'
import { ManualClock } from '@uni/reload-core/testing'
import { describe, expect, it } from 'vitest'
import { aborted, elapsed, firstOf, fulfilled, type Source } from '../src/pump/first-of.js'

/** A signal, a timer and a promise to wait for, and what of each is still being watched. */
function sources(): {
  all: Record<'stop' | 'elapsed' | 'commit', Source>
  fire: Record<'stop' | 'elapsed' | 'commit', () => void>
  watched(): object
} {
  const [stop, clock] = [new AbortController(), new ManualClock()]
  let commit: () => void = () => {}
  let waiting: AbortSignal | undefined
  const committed = (signal: AbortSignal): Promise<void> => {
    waiting = signal
    return new Promise((resolve) => {
      commit = resolve
    })
  }
  return {
    all: { stop: aborted(stop.signal), elapsed: elapsed(clock, 10), commit: fulfilled(committed) },
    fire: { stop: () => stop.abort(), elapsed: () => clock.advance(10), commit: () => commit() },
    watched: () => ({
      listeners: getEventListeners(stop.signal, 'abort').length,
      timers: clock.pending,
      promise: waiting !== undefined && !waiting.aborted,
    }),
  }
}

describe('a wait for what happens first', () => {
  it.each(['stop', 'elapsed', 'commit'] as const)('I12 leaves nothing behind when it ends with %s', async (first) => {
    const { all, fire, watched } = sources()
    const outcome = firstOf(all)
    expect(watched()).toEqual({ listeners: 1, timers: 1, promise: true })
    fire[first]()
    expect(await outcome).toBe(first)
    expect(watched()).toEqual({ listeners: 0, timers: 0, promise: false })
  })

  it('I12 begins to watch nothing else when it has ended at once', async () => {
    const { all, fire, watched } = sources()
    fire.stop()
    expect(await firstOf(all)).toBe('stop')
    expect(watched()).toEqual({ listeners: 0, timers: 0, promise: false })
  })

  it('I12 ends each source once, though another fires while they are being ended', async () => {
    const ended: string[] = []
    let fire: () => void = () => {}
    const source =
      (name: string, end: () => void): Source =>
      (given) => {
        fire = given
        return () => {
          ended.push(name)
          end()
        }
      }
    const outcome = firstOf({ first: source('first', () => fire()), second: source('second', () => {}) })
    fire()
    expect(await outcome).toBe('second')
    expect(ended).toEqual(['first', 'second'])
  })
})
