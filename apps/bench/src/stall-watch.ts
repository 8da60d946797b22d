import { setImmediate as turn } from 'node:timers/promises'

/** Sees how far apart the turns of the event loop lie. */
export class StallWatch implements AsyncDisposable {
  #turnedAt = performance.now()
  #longest = 0
  #over = false
  readonly #watching = this.#watch()

  /** Milliseconds between the two turns that lay furthest apart since the last lap. */
  lap(): number {
    this.#look()
    const longest = this.#longest
    this.#longest = 0
    return longest
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#over = true
    await this.#watching
  }

  async #watch(): Promise<void> {
    while (!this.#over) {
      await turn()
      this.#look()
    }
  }

  #look(): void {
    const now = performance.now()
    this.#longest = Math.max(this.#longest, now - this.#turnedAt)
    this.#turnedAt = now
  }
}

/** Milliseconds between the two turns of the event loop that lay furthest apart until `body` was over. */
export async function longestStall(body: () => Promise<unknown>): Promise<number> {
  await using watch = new StallWatch()
  await body()
  return watch.lap()
}
