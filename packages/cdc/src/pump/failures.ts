import type { PumpStep } from './events.js'

/** What the pump is doing for a stream, and how often each step has failed in a row. */
export class Failures {
  /** What is being done now. */
  step: PumpStep = 'open'
  /** Counted for each step, as deliveries may succeed while every checkpoint fails. */
  readonly #counts = new Map<PumpStep, number>()
  #last: { readonly step: PumpStep; readonly error: unknown } | undefined

  get last(): { readonly step: PumpStep; readonly error: unknown } | undefined {
    return this.#last
  }

  /** How often in a row the step has failed that failed last. 0 while nothing fails. */
  get inARow(): number {
    return this.#last === undefined ? 0 : (this.#counts.get(this.#last.step) ?? 0)
  }

  /** Notes that the current step failed. Returns how often in a row it has. */
  note(error: unknown): number {
    const count = (this.#counts.get(this.step) ?? 0) + 1
    this.#counts.set(this.step, count)
    this.#last = { step: this.step, error }
    return count
  }

  /** Returns whether `step` is what failed last. */
  succeeded(step: PumpStep): boolean {
    this.#counts.delete(step)
    // A read that gives a batch shows that the wait before it succeeded.
    if (step === 'read') this.#counts.delete('wait')
    return this.#last?.step === step
  }

  /** Every step gets all its attempts again. What failed last is still known. */
  forgive(): void {
    this.#counts.clear()
  }

  /** Every step but `wait` gets all its attempts again: a stream that has just caught up has not waited yet. */
  forgiveAllButWaiting(): void {
    for (const step of this.#counts.keys()) if (step !== 'wait') this.#counts.delete(step)
  }

  /** Nothing fails now. */
  clear(): void {
    this.#last = undefined
  }
}
