import type { Clock } from '../clock.js'

/** The longest stretch in which the event loop did not turn, and what blocked it. */
export interface LongestStretch {
  blockedMs: number
  /** The plugin call, or {@link CORE}; `undefined` where nothing did. */
  blockedBy: string | undefined
}

/** What has blocked where no plugin call was under way: the core, or other code of this process. */
const CORE = 'core'

/** A call that is measured. */
export interface Measured {
  readonly name: string
  readonly stretch: LongestStretch
}

const BEAT_MS = 5

/**
 * Measures how long the event loop does not turn (I10). The part of a call before its first `await` is measured
 * directly. What it does after that is seen by a heartbeat that comes late, so a stretch is attributed to every call
 * pending at the time. While somebody watches, the heartbeat also sees what no call has done.
 */
export class StretchMeter {
  readonly #clock: Clock
  /** Each pending call, and from when on a late heartbeat is due to it. */
  readonly #pending = new Map<Measured, number>()
  #beat: { readonly expectedAt: number; readonly cancel: () => void } | undefined
  #watching = 0
  /** The longest stretch of a call, measured directly, since the last heartbeat. */
  #direct: LongestStretch = { blockedMs: 0, blockedBy: undefined }
  /** The longest stretch so far, whoever it was. */
  readonly worst: LongestStretch = { blockedMs: 0, blockedBy: undefined }

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Counts a stretch of `step` that the caller has measured. */
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

  /** Sees whatever blocks the event loop, until the function that it returns is called. */
  watch(): () => void {
    this.#watching += 1
    this.#expectBeat()
    return () => {
      this.#watching -= 1
      this.#noteLate()
      this.#restUnlessNeeded()
    }
  }

  /** The call is pending from here on. {@link end} has to follow. */
  begin(call: Measured): void {
    this.#pending.set(call, this.#clock.now() + BEAT_MS)
    this.#expectBeat()
  }

  /** The call has settled, or was given up on: one that never settles would be measured for ever. */
  end(call: Measured): void {
    if (!this.#pending.has(call)) return
    // A call that blocks right before it ends, as one that serializes what it has gathered, ends ahead of the late
    // beat.
    this.#notePending(call)
    this.#pending.delete(call)
    this.#restUnlessNeeded()
  }

  #restUnlessNeeded(): void {
    if (this.#pending.size > 0 || this.#watching > 0) return
    this.#beat?.cancel()
    this.#beat = undefined
  }

  /** Counts how late the heartbeat is by now, but for what came before the call was begun. */
  #notePending(call: Measured): void {
    if (this.#beat === undefined) return
    const since = Math.max(this.#beat.expectedAt, this.#pending.get(call) ?? Infinity)
    this.note(call.name, call.stretch, this.#clock.now() - since)
  }

  /** The heartbeat is late by as long as the loop did not turn. */
  #noteLate(): void {
    const lateMs = this.#clock.now() - (this.#beat?.expectedAt ?? Infinity)
    const { blockedMs, blockedBy } = this.#direct
    for (const call of this.#pending.keys()) this.#notePending(call)
    this.#direct = { blockedMs: 0, blockedBy: undefined }
    if (lateMs <= this.worst.blockedMs) return
    this.worst.blockedMs = lateMs
    // A call that took half of it or more counts for all: the rest came of it, in the same turn.
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

/** Of what nobody is told the stretches of: it takes neither time nor timers. */
export class NoMeter extends StretchMeter {
  override note(): void {}
  override begin(): void {}
  override end(): void {}
}
