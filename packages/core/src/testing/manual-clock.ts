import type { Clock } from '../clock.js'
import { option } from '../options.js'

interface Timer {
  readonly dueAt: number
  readonly callback: () => void
}

/** A clock whose time passes only by `advance`. */
export class ManualClock implements Clock {
  #now = 0
  readonly #timers = new Set<Timer>()

  now(): number {
    return this.#now
  }

  after(ms: number, callback: () => void): () => void {
    const timer = { dueAt: this.#now + ms, callback }
    this.#timers.add(timer)
    return () => {
      this.#timers.delete(timer)
    }
  }

  /** How many timers are pending. None may be, once everything has ended (I12). */
  get pending(): number {
    return this.#timers.size
  }

  /** Moves time on by `ms`, and fires the timers that are due, in order, including those that are set meanwhile. */
  advance(ms: number): void {
    // `NaN` would stop the clock for ever.
    const until =
      this.#now +
      option.numberThat('a finite number of milliseconds, 0 or more', (value) => value >= 0 && value < Infinity)(
        ms,
        'advance ms',
        this,
      )
    for (;;) {
      let next: Timer | undefined
      for (const timer of this.#timers)
        if (timer.dueAt <= until && (next === undefined || timer.dueAt < next.dueAt)) next = timer
      if (next === undefined) break
      this.#timers.delete(next)
      this.#now = Math.max(this.#now, next.dueAt)
      next.callback()
    }
    this.#now = until
  }
}
