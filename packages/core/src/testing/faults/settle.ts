import type { ManualClock } from '../manual-clock.js'
import { DEADLINE_MS } from './circumstances.js'
import type { Trace } from './trace.js'
import { turn } from './turn.js'

/** After so many turns of the event loop without a call, the reload is taken to wait for time to pass. */
const QUIET_TURNS = 4
/**
 * After so many rounds of timers that are due at once, too: a kind that yields to such a timer does not wait for time
 * to pass. They are the platform's own timers, as a kind may have imported its own before `PromptTimers` were there.
 */
const QUIET_TIMERS = 3
const { setTimeout: realTimeout } = globalThis
/** How many deadlines may pass one after the other: of a call, of what undoes it, of what waits for either. */
const MAX_DEADLINES = 6

export interface Settled {
  /** Whether it ended in bounded time. */
  readonly ended: boolean
  /** How many deadlines had to pass. */
  readonly deadlines: number
}

/** Waits for `promise`, and lets a deadline pass whenever nothing happens any more. */
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
