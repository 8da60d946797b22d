import { percentile } from './percentile.js'

/** Query latencies in milliseconds, apart for the times with and without a reload under way. */
export class Latency {
  readonly #steady: number[] = []
  readonly #reloading: number[] = []
  /** How many reloads are under way. */
  reloads = 0

  record(ms: number): void {
    const into = this.reloads > 0 ? this.#reloading : this.#steady
    into.push(ms)
  }

  summary(): { steadyP50Ms: number; steadyP99Ms: number; reloadP50Ms: number; reloadP99Ms: number } {
    return {
      steadyP50Ms: percentile(this.#steady, 0.5),
      steadyP99Ms: percentile(this.#steady, 0.99),
      reloadP50Ms: percentile(this.#reloading, 0.5),
      reloadP99Ms: percentile(this.#reloading, 0.99),
    }
  }
}
