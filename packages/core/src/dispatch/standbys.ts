import type { WriteFollower } from '../move/gate-move.js'
import type { WriteGate } from '../move/gate.js'
import type { StandbyResource } from '../strategy.js'

/** A standby, as a take-back offers it to the strategy. */
export interface StandbyOffer<R> {
  readonly resource: R
  /** Whether the strategy hands the resource back to the standby. */
  readonly isTaken: boolean
  /** Whether what serves is copied instead: the standby has missed too many writes, or the strategy did not take it. */
  readonly isCopied: boolean
  /** Called when the handoff begins. `undefined` where the standby has missed too many writes. */
  offer(): StandbyResource<R> | undefined
}

/** The intact resources that handoffs have replaced, until they are finalized. */
export interface Standbys {
  /** Called when `gate` has switched from `resource`. Returns the follower of the writes from there on. */
  replaced(gate: WriteGate<unknown, unknown>, resource: unknown): WriteFollower<unknown> | undefined
  /** Whether `resource` serves again, and so must not be closed. */
  servesAgain(resource: unknown): boolean
}

/** For a reload that cannot be taken back. */
export const NO_STANDBYS: Standbys = { replaced: () => undefined, servesAgain: () => false }
