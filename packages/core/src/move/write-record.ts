export interface RecordBounds {
  readonly maxWrites: number
  readonly maxBytes: number
}

/** Writes in the order in which they were accepted, bounded by their number and by what they occupy. */
export class WriteRecord<W> {
  readonly #bounds: RecordBounds
  /** How many it may have for now, while a replay that does not keep up slows writers down; else `undefined`. */
  allowance: number | undefined
  #writes: W[] | undefined
  #bytes = 0

  constructor(bounds: RecordBounds) {
    this.#bounds = bounds
  }

  get length(): number {
    return this.#writes?.length ?? 0
  }

  get isFull(): boolean {
    const { maxWrites, maxBytes } = this.#bounds
    return this.length >= Math.min(maxWrites, this.allowance ?? maxWrites) || this.#bytes >= maxBytes
  }

  /** Whether another write of so many bytes keeps it within its bounds. */
  fits(bytes: number): boolean {
    return this.length < this.#bounds.maxWrites && this.#bytes + bytes <= this.#bounds.maxBytes
  }

  add(write: W, bytes: number): void {
    ;(this.#writes ??= []).push(write)
    this.#bytes += bytes
  }

  /** What it has so far, which it forgets. */
  take(): readonly W[] {
    const taken = this.#writes ?? []
    this.#writes = undefined
    this.#bytes = 0
    return taken
  }
}
