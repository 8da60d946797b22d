import type { JudgedPair } from '../dispatch/compat.js'
import type { ResourceMove } from '../dispatch/resource-move.js'
import { StrategyKeys } from '../dispatch/strategy-keys.js'
import type { WriteGate } from '../move/gate.js'
import type { Direction } from './direction.js'
import type { StandbySet } from './standby-set.js'

/** The take-back of a reload that bakes: from what it brought to what stands by. */
export class TakingBack implements Direction {
  readonly direction = 'back'
  /** Nothing stands by for what was attached since the commit. */
  readonly admits = false
  readonly asksRemovals = false
  /** Keys that were accepted for a reload are accepted when it is taken back, which judges only what it copies. */
  readonly refusesAstray = false
  readonly #standbys: StandbySet
  /** What was handed to a standby at the time of the preflight. */
  #handedBack: readonly ResourceMove[] = []
  /** What was not judged, as every resource of it was. */
  #unjudged: readonly JudgedPair[] = []

  constructor(standbys: StandbySet) {
    this.#standbys = standbys
  }

  standbyOf(gate: WriteGate<unknown, unknown>): ResourceMove['standby'] {
    return this.#standbys.of(gate)
  }

  /** A standby has nothing to read that its version did not write, so that version is not asked about the key. */
  toJudge(pairs: readonly JudgedPair[], moves: readonly ResourceMove[]): readonly JudgedPair[] {
    this.#handedBack = moves.filter(({ standby }) => standby !== undefined)
    const handedBack = new StrategyKeys(this.#handedBack)
    const copied = new StrategyKeys(moves.filter(({ standby }) => standby === undefined))
    const isJudged = (pair: JudgedPair): boolean => !handedBack.has(pair) || copied.has(pair)
    this.#unjudged = pairs.filter((pair) => !isJudged(pair))
    return pairs.filter(isJudged)
  }

  /**
   * What serves is copied after all where a standby has missed too much since the preflight, or the strategy has no use
   * for it.
   */
  toJudgeLate(): readonly JudgedPair[] {
    const copied = new StrategyKeys(this.#handedBack.filter(({ standby }) => standby?.isCopied === true))
    return this.#unjudged.filter((pair) => copied.has(pair))
  }
}
