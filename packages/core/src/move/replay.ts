import type { StepContext } from '../strategy.js'
import type { HandoffGate } from '../handoff-gate.js'

/** With fewer recorded writes than this, another round costs more than holding writes for them. */
const WORTH_A_ROUND = 32
/** How many rounds are run at most before writers are slowed down who are nearly as fast as the replay. */
const MAX_ROUNDS = 16
/**
 * How many writes are let in for each one that is replayed, where writers are slowed down. Each round has at most half
 * as much to do as the one before, then.
 */
const SHARE = 0.5

/** Brings a resource up to date with the writes that its gate records. */
export class Replay<R> {
  /** How many writes it has replayed. */
  applied = 0
  readonly #gate: HandoffGate<R>
  readonly #ctx: StepContext

  constructor(gate: HandoffGate<R>, ctx: StepContext) {
    this.#gate = gate
    this.#ctx = ctx
  }

  /** Replays round after round while writers go on, as long as rounds shrink and there is enough for one. */
  async underLoad(target: R): Promise<void> {
    await this.#downTo(WORTH_A_ROUND, target)
  }

  /**
   * Replays down to the last write, or to as few as writers leave who never pause. Once rounds no longer shrink, these
   * are slowed down to a share of what is replayed, and never stopped.
   */
  async catchUp(target: R): Promise<void> {
    await this.#downTo(0, target)
    while (this.#gate.recorded > 0) {
      const before = this.#gate.recorded
      await this.#round(target, SHARE)
      if (this.#gate.recorded >= before) return
    }
  }

  /** Replays what is left, while writes are held. */
  async underHold(target: R): Promise<void> {
    while (this.#gate.recorded > 0) await this.#round(target)
  }

  async #downTo(left: number, target: R): Promise<void> {
    const goesOn = (before: number): boolean => this.#gate.recorded > left && this.#gate.recorded < before
    for (let round = 0, before = Infinity; round < MAX_ROUNDS && goesOn(before); round += 1) {
      before = this.#gate.recorded
      await this.#round(target)
    }
  }

  async #round(target: R, share?: number): Promise<void> {
    const slices = this.#ctx.slices()
    const applied = await this.#ctx.call('replay', (signal) =>
      this.#gate.replay(target, signal, { slices, ...(share !== undefined && { share }) }),
    )
    this.#ctx.replayed(applied)
    this.applied += applied
  }
}
