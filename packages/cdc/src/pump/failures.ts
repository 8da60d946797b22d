import type { PumpStep } from './events.js'

/** The step that the pump is at for a stream, and how often each step has failed in a row. */
export class Failures {
  /** The step under way. */
  step: PumpStep = 'open'
  /** One count for each step, as deliveries may succeed while every checkpoint fails. */
  readonly #counts = new Map<PumpStep, number>()
  #last: { readonly step: PumpStep; readonly error: unknown } | undefined

  get last(): { readonly step: PumpStep; readonly error: unknown } | undefined {
    return this.#last
  }

  /** How often in a row the step has failed that failed last; 0 where nothing fails. */
  get inARow(): number {
    return this.#last === undefined ? 0 : (this.#counts.get(this.#last.step) ?? 0)
  }

  /** Counts a failure of the current step. Returns how many there were in a row. */
  note(error: unknown): number {
    const count = (this.#counts.get(this.step) ?? 0) + 1
    this.#counts.set(this.step, count)
    this.#last = { step: this.step, error }
    return count
  }

  /** Notes that `step` has succeeded. Returns whether it had failed last. */
  succeeded(step: PumpStep): boolean {
    this.#counts.delete(step)
    // The wait before a read that gives a batch has succeeded, too.
    if (step === 'read') this.#counts.delete('wait')
    return this.#last?.step === step
  }

  /** Gives every step all its attempts again. The last failure is still known. */
  forgive(): void {
    this.#counts.clear()
  }

  /** Does so for every step but `wait`: a stream that has just caught up has not waited yet. */
  forgiveAllButWaiting(): void {
    for (const step of this.#counts.keys()) if (step !== 'wait') this.#counts.delete(step)
  }

  /** Nothing fails any more. */
  clear(): void {
    this.#last = undefined
  }
}
