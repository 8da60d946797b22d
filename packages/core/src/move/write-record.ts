import type { Clock } from '../clock.js'

export interface RecordBounds {
  readonly clock: Clock
  readonly maxWrites: number
  readonly maxBytes: number
}

/** Writes in the order in which they were accepted, bounded by their number and by what they occupy. */
export class WriteRecord<W> {
  readonly #bounds: RecordBounds
  /** How many writes it may hold for now, while a replay slows writers down; else `undefined`. */
  allowance: number | undefined
  /** Whether the gate has set a timer to look whether a further write may be let in. */
  isRetried = false
  #writes: W[] | undefined
  #bytes = 0
  /** When it was last empty, by the clock. */
  #since: number
  /** How many milliseconds after that it was half full; `undefined` where it is not. */
  #halfFullAfterMs: number | undefined

  constructor(bounds: RecordBounds) {
    this.#bounds = bounds
    this.#since = bounds.clock.now()
  }

  get length(): number {
    return this.#writes?.length ?? 0
  }

  /**
   * Milliseconds until a further write may be let in: 0 at once, `Infinity` once a replay has made room.
   *
   * From half full on, the room that is left is spread over the time until the next `take`, so that writers are slowed
   * down and do not stop. That time is not known, and is taken to be as long as the time since the last one (Gott,
   * "Implications of the Copernican principle for our future prospects", Nature 1993). After t ms the record is full to
   * 1 − h / 2t at most, where h is how many milliseconds the first half took.
   */
  get waitMs(): number {
    if (this.allowance !== undefined && this.length >= this.allowance) return Number.POSITIVE_INFINITY
    const room = 1 - this.#fullness
    if (room <= 0) return Number.POSITIVE_INFINITY
    if (this.#halfFullAfterMs === undefined) return 0
    return Math.max(0, this.#halfFullAfterMs / (2 * room) - this.#elapsedMs)
  }

  /** Whether a further write of `bytes` stays within the bounds. */
  fits(bytes: number): boolean {
    return this.length < this.#bounds.maxWrites && this.#bytes + bytes <= this.#bounds.maxBytes
  }

  add(write: W, bytes: number): void {
    ;(this.#writes ??= []).push(write)
    this.#bytes += bytes
    if (this.#halfFullAfterMs === undefined && this.#fullness >= 0.5) this.#halfFullAfterMs = this.#elapsedMs
  }

  /** Empties the record, and returns what it had. */
  take(): readonly W[] {
    const taken = this.#writes ?? []
    this.#writes = undefined
    this.#bytes = 0
    this.#since = this.#bounds.clock.now()
    this.#halfFullAfterMs = undefined
    return taken
  }

  /** From 0 to 1: how much of the bounds is used up. */
  get #fullness(): number {
    return Math.max(this.length / this.#bounds.maxWrites, this.#bytes / this.#bounds.maxBytes)
  }

  get #elapsedMs(): number {
    return this.#bounds.clock.now() - this.#since
  }
}
