import type { Clock } from '../clock.js'

export interface RecordBounds {
  readonly clock: Clock
  readonly maxWrites: number
  readonly maxBytes: number
}

/** Writes in the order in which they were accepted, bounded by their number and by what they occupy. */
export class WriteRecord<W> {
  readonly #bounds: RecordBounds
  /** How many it may have for now, while a replay that does not keep up slows writers down; else `undefined`. */
  allowance: number | undefined
  /** Whether its gate looks again soon whether a further write may come. */
  isRetried = false
  #writes: W[] | undefined
  #bytes = 0
  /** Since when it fills, by the clock. */
  #since: number
  /** After how many milliseconds it was half full; `undefined` where it is not. */
  #halfFullAfterMs: number | undefined

  constructor(bounds: RecordBounds) {
    this.#bounds = bounds
    this.#since = bounds.clock.now()
  }

  get length(): number {
    return this.#writes?.length ?? 0
  }

  /**
   * Milliseconds until a further write may come: 0 where it may by now, `Infinity` where a replay has to make room.
   *
   * From half full on, what room is left is spread over the time until it is emptied, so that writers are slowed down
   * and do not stop. How long that is nobody knows, so it is taken to be as long again as it has been (Gott,
   * "Implications of the Copernican principle for our future prospects", Nature 1993). After t ms it is full to
   * 1 − h / 2t at most, where h is how long the first half took.
   */
  get waitMs(): number {
    if (this.allowance !== undefined && this.length >= this.allowance) return Number.POSITIVE_INFINITY
    const room = 1 - this.#fullness
    if (room <= 0) return Number.POSITIVE_INFINITY
    if (this.#halfFullAfterMs === undefined) return 0
    return Math.max(0, this.#halfFullAfterMs / (2 * room) - this.#elapsedMs)
  }

  /** Whether another write of so many bytes keeps it within its bounds. */
  fits(bytes: number): boolean {
    return this.length < this.#bounds.maxWrites && this.#bytes + bytes <= this.#bounds.maxBytes
  }

  add(write: W, bytes: number): void {
    ;(this.#writes ??= []).push(write)
    this.#bytes += bytes
    if (this.#halfFullAfterMs === undefined && this.#fullness >= 0.5) this.#halfFullAfterMs = this.#elapsedMs
  }

  /** What it has so far, which it forgets. */
  take(): readonly W[] {
    const taken = this.#writes ?? []
    this.#writes = undefined
    this.#bytes = 0
    this.#since = this.#bounds.clock.now()
    this.#halfFullAfterMs = undefined
    return taken
  }

  /** The part of its bounds that is used up. */
  get #fullness(): number {
    return Math.max(this.length / this.#bounds.maxWrites, this.#bytes / this.#bounds.maxBytes)
  }

  get #elapsedMs(): number {
    return this.#bounds.clock.now() - this.#since
  }
}
