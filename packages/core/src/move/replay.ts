import type { StepContext } from '../strategy.js'
import type { HandoffGate } from './handoff-gate.js'

/** Below this many recorded writes a further round costs more than holding writes for them. */
const WORTH_A_ROUND = 32
/** Rounds end here at the latest, for writers that keep pace with the replay. */
const MAX_ROUNDS = 16

/** Brings a resource up to date with the writes that its gate records. */
export class Replay<R> {
  readonly #gate: HandoffGate<R>
  readonly #ctx: StepContext

  constructor(gate: HandoffGate<R>, ctx: StepContext) {
    this.#gate = gate
    this.#ctx = ctx
  }

  /** Round after round, while writers go on and the rounds shrink. */
  underLoad(target: R): Promise<void> {
    return this.#downTo(WORTH_A_ROUND, target)
  }

  /**
   * As {@link underLoad}, down to the last write: how long it takes says how long writes will have to be held for the
   * rest.
   */
  catchUp(target: R): Promise<void> {
    return this.#downTo(0, target)
  }

  /** What is left, while writes are held. */
  async rest(target: R): Promise<void> {
    while (this.#gate.recorded > 0) await this.#round(target)
  }

  async #downTo(left: number, target: R): Promise<void> {
    const goesOn = (before: number): boolean => this.#gate.recorded > left && this.#gate.recorded < before
    for (let round = 0, before = Infinity; round < MAX_ROUNDS && goesOn(before); round += 1) {
      before = this.#gate.recorded
      await this.#round(target)
    }
  }

  async #round(target: R): Promise<void> {
    this.#ctx.replayed(await this.#ctx.call('replay', (signal) => this.#gate.replay(target, signal)))
  }
}
