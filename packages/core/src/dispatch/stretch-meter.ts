import type { Clock } from '../clock.js'

/** The longest stretch, that is, time in which the event loop did not turn, and what blocked it. */
export interface LongestStretch {
  blockedMs: number
  /** The name of the plugin call, or {@link CORE}; `undefined` where there was no stretch. */
  blockedBy: string | undefined
}

/** What is said to have blocked where no plugin call was pending: the core, or other code in this thread. */
const CORE = 'core'

/** A call that is measured. */
export interface Measured {
  readonly name: string
  readonly stretch: LongestStretch
}

const BEAT_MS = 5

/**
 * Measures how long the event loop does not turn (S4). The part of a call before its first `await` is measured
 * directly. After that, a late heartbeat shows a stretch, which is attributed to every call that is pending then.
 * During a `watch` the heartbeat also goes on where no call is pending.
 */
export class StretchMeter {
  readonly #clock: Clock
  /** Each pending call, with the time from which on lateness of the heartbeat counts for it. */
  readonly #pending = new Map<Measured, number>()
  #beat: { readonly expectedAt: number; readonly cancel: () => void } | undefined
  #watching = 0
  /** The longest stretch of a call, measured directly, since the last heartbeat. */
  #direct: LongestStretch = { blockedMs: 0, blockedBy: undefined }
  /** The longest stretch so far, whatever blocked. */
  readonly worst: LongestStretch = { blockedMs: 0, blockedBy: undefined }

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Counts a stretch that the caller has measured. */
  note(step: string, into: LongestStretch, blockedMs: number): void {
    if (blockedMs > into.blockedMs) {
      into.blockedMs = blockedMs
      into.blockedBy = step
    }
    if (blockedMs > this.#direct.blockedMs) this.#direct = { blockedMs, blockedBy: step }
    if (blockedMs > this.worst.blockedMs) {
      this.worst.blockedMs = blockedMs
      this.worst.blockedBy = step
    }
  }

  /** Calls `call`, and counts the time until it returns or throws. */
  measure<T>({ name, stretch }: Measured, call: () => T): T {
    const startedAt = this.#clock.now()
    try {
      return call()
    } finally {
      this.note(name, stretch, this.#clock.now() - startedAt)
    }
  }

  /** Measures all stretches, until the function that it returns is called. */
  watch(): () => void {
    this.#watching += 1
    this.#expectBeat()
    return () => {
      this.#watching -= 1
      this.#noteLate()
      this.#restUnlessNeeded()
    }
  }

  /** Measures `call` while it is pending. {@link end} has to follow. */
  begin(call: Measured): void {
    this.#pending.set(call, this.#clock.now() + BEAT_MS)
    this.#expectBeat()
  }

  /** To be called when the call has settled or was given up on; else one that hangs would be measured for ever. */
  end(call: Measured): void {
    if (!this.#pending.has(call)) return
    // A call that blocks right before it ends, for example to serialize its result, ends before the late beat.
    this.#notePending(call)
    this.#pending.delete(call)
    this.#restUnlessNeeded()
  }

  #restUnlessNeeded(): void {
    if (this.#pending.size > 0 || this.#watching > 0) return
    this.#beat?.cancel()
    this.#beat = undefined
  }

  /** Counts for `call` how late the heartbeat is by now, without the time before the call was begun. */
  #notePending(call: Measured): void {
    if (this.#beat === undefined) return
    const since = Math.max(this.#beat.expectedAt, this.#pending.get(call) ?? Infinity)
    this.note(call.name, call.stretch, this.#clock.now() - since)
  }

  /** Counts how late the heartbeat is: the event loop did not turn for that long. */
  #noteLate(): void {
    const lateMs = this.#clock.now() - (this.#beat?.expectedAt ?? Infinity)
    const { blockedMs, blockedBy } = this.#direct
    for (const call of this.#pending.keys()) this.#notePending(call)
    this.#direct = { blockedMs: 0, blockedBy: undefined }
    if (lateMs <= this.worst.blockedMs) return
    this.worst.blockedMs = lateMs
    // A call that took at least half of the stretch is said to have blocked all of it.
    this.worst.blockedBy = blockedMs >= lateMs / 2 ? blockedBy : CORE
  }

  #expectBeat(): void {
    if (this.#beat) return
    const expectedAt = this.#clock.now() + BEAT_MS
    const cancel = this.#clock.after(BEAT_MS, () => {
      this.#noteLate()
      this.#beat = undefined
      this.#expectBeat()
    })
    this.#beat = { expectedAt, cancel }
  }
}

/** A meter that measures nothing, for stretches that no report has. */
export class NoMeter extends StretchMeter {
  override note(): void {}
  override begin(): void {}
  override end(): void {}
}
