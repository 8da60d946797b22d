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
  #beat: { readonly expectedAt: number; readonly cancel: () => void } | undefined
  /** The longest stretch of any call so far. */
  readonly worst: Stretch = { blockedMs: 0, blockedBy: undefined }

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Counts a stretch that was measured already. */
  note(step: string, into: Stretch, blockedMs: number): void {
    for (const stretch of [into, this.worst]) {
      if (blockedMs <= stretch.blockedMs) continue
      stretch.blockedMs = blockedMs
      stretch.blockedBy = step
    }
  }

  /** @param signal ends the measurement of a call that is given up on: one that never settles would be measured for ever. */
  measure<T>(step: string, into: Stretch, signal: AbortSignal, call: () => MaybePromise<T>): MaybePromise<T> {
    const note = (blockedMs: number): void => this.note(step, into, blockedMs)
    const startedAt = this.#clock.now()
    let outcome: MaybePromise<T>
    try {
      outcome = call()
    } finally {
      note(this.#clock.now() - startedAt)
    }
    if (!isPromiseLike(outcome)) return outcome
    // One `then` only: a lazy thenable, such as a query builder's, runs once for each.
    const settling = Promise.resolve(outcome)
    if (signal.aborted) return settling
    this.#pending.add(note)
    this.#expectBeat()
    const done = (): void => {
      signal.removeEventListener('abort', done)
      if (!this.#pending.has(note)) return
      // A call that blocks right before it ends, as one that serializes what it has gathered, ends ahead of the late beat.
      if (this.#beat) note(this.#clock.now() - this.#beat.expectedAt)
      this.#pending.delete(note)
      if (this.#pending.size > 0) return
      this.#beat?.cancel()
      this.#beat = undefined
    }
    signal.addEventListener('abort', done)
    settling.then(done, done)
    return settling
  }

  #expectBeat(): void {
    if (this.#beat) return
    const expectedAt = this.#clock.now() + BEAT_MS
    const cancel = this.#clock.after(BEAT_MS, () => {
      this.#beat = undefined
      const lateMs = this.#clock.now() - expectedAt
      for (const note of this.#pending) note(lateMs)
      this.#expectBeat()
    })
    this.#beat = { expectedAt, cancel }
  }
}
