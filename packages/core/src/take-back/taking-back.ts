import type { JudgedPair } from '../dispatch/compat.js'
import type { ResourceMove } from '../dispatch/resource-move.js'
import { StrategyKeys } from '../dispatch/strategy-keys.js'
import type { WriteGate } from '../move/gate.js'
import type { Direction } from './direction.js'
import type { StandbySet } from './standby-set.js'

/** The direction of a take-back: from what a reload has brought to what stands by. */
export class TakingBack implements Direction {
  readonly direction = 'back'
  /** Nothing stands by for what was attached since the commit. */
  readonly admits = false
  readonly asksOfKeys = false
  /**
   * What was accepted for the reload is accepted in its take-back as well, which may judge fewer keys: only those of
   * what it copies.
   */
  readonly refusesAstray = false
  readonly #standbys: StandbySet
  /** The moves that had a standby in the preflight. */
  #handedBack: readonly ResourceMove[] = []
  /** The pairs that were not judged in the preflight, as every resource of theirs had a standby. */
  #unjudged: readonly JudgedPair[] = []

  constructor(standbys: StandbySet) {
    this.#standbys = standbys
  }

  standbyOf(gate: WriteGate<unknown, unknown>): ResourceMove['standby'] {
    return this.#standbys.of(gate)
  }

  /** A standby has only what its own version has written, so that version is not asked about the key. */
  toJudge(pairs: readonly JudgedPair[], moves: readonly ResourceMove[]): readonly JudgedPair[] {
    this.#handedBack = moves.filter(({ standby }) => standby !== undefined)
    const handedBack = new StrategyKeys(this.#handedBack)
    const copied = new StrategyKeys(moves.filter(({ standby }) => standby === undefined))
    const isJudged = (pair: JudgedPair): boolean => !handedBack.has(pair) || copied.has(pair)
    this.#unjudged = pairs.filter((pair) => !isJudged(pair))
    return pairs.filter(isJudged)
  }

  /**
   * The pairs of what is copied although it had a standby: the standby has missed too many writes since the preflight,
   * or the strategy has no use for it.
   */
  toJudgeLate(): readonly JudgedPair[] {
    const copied = new StrategyKeys(this.#handedBack.filter(({ standby }) => standby?.isCopied === true))
    return this.#unjudged.filter((pair) => copied.has(pair))
  }
}
