import type { JudgedPair } from '../dispatch/compat.js'
import type { ResourceMove } from '../dispatch/resource-move.js'
import type { WriteGate } from '../move/gate.js'
import type { Transition } from '../strategy.js'

/** What differs between an operation that brings new versions and one that takes them back. */
export interface Direction {
  readonly direction: Transition['direction']
  /** Whether a resource that is attached meanwhile may be handed over with the others. */
  readonly admits: boolean
  /** Whether a strategy may refuse that a key comes or goes. */
  readonly asksOfKeys: boolean
  /** Whether an `accept` of a key that nothing judges is refused. */
  readonly refusesAstray: boolean
  /** What stands by for the resource of `gate`. */
  standbyOf(gate: WriteGate<unknown, unknown>): ResourceMove['standby']
  /** Which of `pairs` are judged before anything is prepared. */
  toJudge(pairs: readonly JudgedPair[], moves: readonly ResourceMove[]): readonly JudgedPair[]
  /** Which pairs that were not judged before have to be judged after all, once everything is prepared. */
  toJudgeLate(): readonly JudgedPair[]
}

export const FORWARD: Direction = {
  direction: 'forward',
  admits: true,
  asksOfKeys: true,
  refusesAstray: true,
  standbyOf: () => undefined,
  toJudge: (pairs) => pairs,
  toJudgeLate: () => [],
}
