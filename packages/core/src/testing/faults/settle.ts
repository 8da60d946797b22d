import type { ManualClock } from '../manual-clock.js'
import { DEADLINE_MS } from './circumstances.js'
import type { Trace } from './trace.js'
import { turn } from './turn.js'

/** Turns of the event loop after which a reload in which nothing happens is taken to wait for time to pass. */
const QUIET_TURNS = 4
/**
 * After them, rounds of timers that are due at once: a kind that gives way to those does not wait for time to pass
 * either. They are the platform's, as a kind may have taken its own from a module before there were `PromptTimers`.
 */
const QUIET_TIMERS = 3
const { setTimeout: realTimeout } = globalThis
/** Deadlines that may pass one after the other: that of a call, of what undoes it, of what waits for either. */
const MAX_DEADLINES = 6

export interface Settled {
  /** Whether it came to an end in bounded time. */
  readonly ended: boolean
  /** How many deadlines had to pass. */
  readonly deadlines: number
}

/** Waits for `promise`, letting a deadline pass whenever nothing happens any more. */
export async function settle(promise: Promise<unknown>, trace: Trace, clock: ManualClock): Promise<Settled> {
  let ended = false
  const end = (): void => {
    ended = true
  }
  promise.then(end, end)
  for (let deadlines = 0; ; deadlines += 1) {
    for (let quiet = 0; quiet < QUIET_TURNS + QUIET_TIMERS; quiet += 1) {
      const { activity } = trace
      await (quiet < QUIET_TURNS ? turn() : dueTimers())
      if (ended) return { ended, deadlines }
      if (trace.activity !== activity) quiet = -1
    }
    if (deadlines === MAX_DEADLINES) return { ended, deadlines }
    clock.advance(DEADLINE_MS)
  }
}

function dueTimers(): Promise<void> {
  return new Promise((resolve) => {
    realTimeout(resolve, 0)
  })
}
