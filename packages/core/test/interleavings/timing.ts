import { turn } from '../fixtures/deferred.js'

/** Milliseconds of the host's clock that a plugin call may take, a drain, and the leases of one that is forced. */
export const TIMEOUT_MS = 1_000
export const DRAIN_MS = 400
export const GRACE_MS = 100
/** How many writes the host records before writers wait, and keeps for a reload that may be taken back. */
export const MAX_RECORDED = 2
/**
 * Turns of the event loop in which everything happens that is due. They are few, as `performance` stands still in an
 * exploration: no slice is ever used up.
 */
const TURNS = 2

/** Lets everything that is due happen. */
export function wholeTurn(): Promise<void> {
  return turn(TURNS)
}
