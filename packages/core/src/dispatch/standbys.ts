import type { WriteFollower } from '../move/gate-move.js'
import type { WriteGate } from '../move/gate.js'
import type { StandbyResource } from '../strategy.js'

/** What may serve again in the place of a resource that is handed over. */
export interface StandbyOffer<R> {
  readonly resource: R
  /** Whether the strategy hands back to it. */
  readonly isTaken: boolean
  /** Whether what serves is copied: it has missed more writes than were recorded, or the strategy has no use for it. */
  readonly isCopied: boolean
  /** Asked for when the handoff begins. `undefined` where it has missed too much. */
  offer(): StandbyResource<R> | undefined
}

/** What becomes of the intact resources that handoffs have replaced, until they are finalized. */
export interface Standbys {
  /** `gate` has switched from `resource`. Returns what is to be told of each write from there on. */
  replaced(gate: WriteGate<unknown, unknown>, resource: unknown): WriteFollower<unknown> | undefined
  /** Whether it serves again, and so is not to be closed. */
  servesAgain(resource: unknown): boolean
}

/** Of a reload that cannot be taken back. */
export const NO_STANDBYS: Standbys = { replaced: () => undefined, servesAgain: () => false }
