import type { StepContext } from '../strategy.js'
import type { HandoffGate } from '../handoff-gate.js'

/** With this many recorded writes or fewer, another round costs more than to hold writes for them. */
const WORTH_A_ROUND = 32
/** After how many rounds writers that are nearly as fast as the replay are slowed down. */
const MAX_ROUNDS = 16
/**
 * How many writes are let in for each one that is replayed, where writers are slowed down: each round then has at most
 * half as many writes as the one before.
 */
const SHARE = 0.5

/** Replays on a successor the writes that the gate records. */
export class Replay<R> {
  /** How many writes were replayed so far. */
  applied = 0
  readonly #gate: HandoffGate<R>
  readonly #ctx: StepContext

  constructor(gate: HandoffGate<R>, ctx: StepContext) {
    this.#gate = gate
    this.#ctx = ctx
  }

  /**
   * Replays in rounds while writers go on, until few writes are left, rounds no longer shrink, or there were too many.
   */
  async underLoad(target: R): Promise<void> {
    await this.#downTo(WORTH_A_ROUND, target)
  }

  /**
   * Replays until no write is left, or as few as there can be with writers that never pause. Once rounds no longer
   * shrink, writers are slowed down (`SHARE`), but never stopped.
   */
  async catchUp(target: R): Promise<void> {
    await this.#downTo(0, target)
    while (this.#gate.recorded > 0) {
      const before = this.#gate.recorded
      await this.#round(target, SHARE)
      if (this.#gate.recorded >= before) return
    }
  }

  /** Replays what is left. Writes have to be held. */
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
