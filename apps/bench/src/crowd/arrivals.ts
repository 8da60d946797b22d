import { setImmediate as turn } from 'node:timers/promises'

/** How long a turn of the event loop takes calls in, before others have theirs: the rest waits, as in a socket. */
const INTAKE_MS = 1

/**
 * Calls that come at a rate, whatever became of those before: each counts from the moment it was due, however late the
 * event loop got round to it.
 */
export class Arrivals {
  failed = 0
  /** Milliseconds that each call took whose turn it was, in no order. */
  readonly waits: number[] = []
  readonly #everyMs: number
  readonly #call: (count: number) => Promise<unknown>
  readonly #pending = new Set<Promise<void>>()
  #dueAt = performance.now()
  #count = 0

  /** @param call is given how many came before it. */
  constructor(perSecond: number, call: (count: number) => Promise<unknown>) {
    this.#everyMs = 1000 / perSecond
    this.#call = call
  }

  /** Begins the calls that are due by now, but no more than there is time for. */
  takeIn(): void {
    const now = performance.now()
    for (; this.#dueAt <= now && performance.now() - now < INTAKE_MS; this.#dueAt += this.#everyMs) {
      this.#begin(this.#dueAt)
      this.#count += 1
    }
  }

  async settled(): Promise<void> {
    await Promise.all(this.#pending)
  }

  #begin(dueAt: number): void {
    const pending = this.#call(this.#count)
      .catch(() => {
        this.failed += 1
      })
      .then(() => {
        this.#pending.delete(pending)
        this.waits.push(performance.now() - dueAt)
      })
    this.#pending.add(pending)
  }
}

/** All of them, as long as `body` runs; resolves when every call has settled. */
export async function arriving(all: readonly Arrivals[], body: () => Promise<unknown>): Promise<void> {
  const progress = { over: false }
  const ended = body().finally(() => {
    progress.over = true
  })
  for (; !progress.over; await turn()) for (const arrivals of all) arrivals.takeIn()
  await ended
  await Promise.all(all.map((arrivals) => arrivals.settled()))
}

export function longestOf(waits: readonly number[]): number {
  return waits.reduce((longest, wait) => Math.max(longest, wait), 0)
}
