import { numberFrom } from './options.js'

/**
 * Cuts long synchronous work into slices, so that the event loop turns between them:
 *
 * ```ts
 * const slices = new Slices()
 * for (const row of rows) { work(row); if (slices.due()) await slices.pause() }
 * ```
 */
export class Slices {
  readonly #budgetMs: number
  #startedAt = performance.now()

  /** @param budgetMs how long a slice may take, in milliseconds. Default 2. */
  constructor(budgetMs = 2) {
    // A budget that is no number would never be used up.
    this.#budgetMs = numberFrom(0)(budgetMs, 'Slices budgetMs', this)
  }

  /** Whether this slice has used up its budget. */
  due(): boolean {
    return performance.now() - this.#startedAt >= this.#budgetMs
  }

  /** Lets the event loop turn once, and starts the next slice. */
  async pause(): Promise<void> {
    await macrotask()
    this.#startedAt = performance.now()
  }

  /**
   * Runs `work`, which yields wherever it may be interrupted, to its end.
   *
   * @throws the reason of `signal`, where that fires meanwhile: work that nobody waits for any longer does not go on.
   */
  async run<T>(work: Iterator<unknown, T>, signal: AbortSignal): Promise<T> {
    for (;;) {
      signal.throwIfAborted()
      const step = work.next()
      if (step.done === true) return step.value
      if (this.due()) await this.pause()
    }
  }
}

const { setImmediate: immediate } = globalThis as { setImmediate?: (callback: () => void) => unknown }

function macrotask(): Promise<void> {
  if (immediate !== undefined) return new Promise((resolve) => immediate(resolve))
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel()
    port1.addEventListener(
      'message',
      () => {
        port1.close()
        resolve()
      },
      { once: true },
    )
    port1.start()
    port2.postMessage(undefined)
  })
}
