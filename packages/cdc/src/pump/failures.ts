import type { PumpStep } from './events.js'

/** What the pump is doing for a stream, and how often each step has failed in a row. */
export class Failures {
  /** What is being done now. */
  step: PumpStep = 'open'
  /** By step, since one that works says nothing of another: deliveries may go well while every checkpoint fails. */
  readonly #counts = new Map<PumpStep, number>()
  #last: { readonly step: PumpStep; readonly error: unknown } | undefined

  get last(): { readonly step: PumpStep; readonly error: unknown } | undefined {
    return this.#last
  }

  /** How often what failed last has failed in a row. */
  get inARow(): number {
    return this.#last === undefined ? 0 : (this.#counts.get(this.#last.step) ?? 0)
  }

  /** Notes that the current step failed. Returns how often it has, in a row. */
  note(error: unknown): number {
    const count = (this.#counts.get(this.step) ?? 0) + 1
    this.#counts.set(this.step, count)
    this.#last = { step: this.step, error }
    return count
  }

  /** Returns whether `step` is what failed last. */
  succeeded(step: PumpStep): boolean {
    this.#counts.delete(step)
    // What the log gives is what was waited for.
    if (step === 'read') this.#counts.delete('wait')
    return this.#last?.step === step
  }

  /** Every step gets all its attempts again. What failed last is still known. */
  forgive(): void {
    this.#counts.clear()
  }

  /** So does every step but waiting, of which a stream that has caught up has done none yet. */
  forgiveAllButWaiting(): void {
    for (const step of this.#counts.keys()) if (step !== 'wait') this.#counts.delete(step)
  }

  /** Nothing fails now. */
  clear(): void {
    this.#last = undefined
  }
}
