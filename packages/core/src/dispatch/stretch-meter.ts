import type { Clock } from '../clock.js'
import { isPromiseLike, type MaybePromise } from '../maybe-promise.js'

/** The longest stretch in which a plugin call kept the event loop from turning, and which call it was. */
export interface Stretch {
  blockedMs: number
  blockedBy: string | undefined
}

const BEAT_MS = 5

/**
 * Measures synchronous stretches (I10). The part of a call before its first `await` is measured directly. What it does
 * after that is seen by a heartbeat that comes late, so a stretch is attributed to every call pending at the time.
 */
export class StretchMeter {
  readonly #clock: Clock
  readonly #pending = new Set<(blockedMs: number) => void>()
  #beating = false
  /** The longest stretch of any call so far. */
  readonly worst: Stretch = { blockedMs: 0, blockedBy: undefined }

  constructor(clock: Clock) {
    this.#clock = clock
  }

  measure<T>(step: string, into: Stretch, call: () => MaybePromise<T>): MaybePromise<T> {
    const note = (blockedMs: number): void => {
      for (const stretch of [into, this.worst]) {
        if (blockedMs <= stretch.blockedMs) continue
        stretch.blockedMs = blockedMs
        stretch.blockedBy = step
      }
    }
    const startedAt = this.#clock.now()
    let outcome: MaybePromise<T>
    try {
      outcome = call()
    } finally {
      note(this.#clock.now() - startedAt)
    }
    if (!isPromiseLike(outcome)) return outcome
    this.#pending.add(note)
    this.#beat()
    const done = (): void => { this.#pending.delete(note) }
    outcome.then(done, done)
    return outcome
  }

  #beat(): void {
    if (this.#beating) return
    this.#beating = true
    const expectedAt = this.#clock.now() + BEAT_MS
    this.#clock.after(BEAT_MS, () => {
      this.#beating = false
      const lateMs = this.#clock.now() - expectedAt
      if (lateMs > 0) for (const note of this.#pending) note(lateMs)
      if (this.#pending.size > 0) this.#beat()
    })
  }
}
