import type { ResourceHandoff } from '../strategy.js'
import type { HandoffGate } from '../handoff-gate.js'

/**
 * Hands over a halted resource as `stopped` does, although the cutover is `overlap`: nothing of it serves that could be
 * stopped under a lease. Where a write has started the resource again, leases may reach it, and `converge` throws (I7).
 */
export function unlessRestarted<R>(gate: HandoffGate<R>, stopped: ResourceHandoff<R>): ResourceHandoff<R> {
  return {
    ...stopped,
    async converge() {
      if (gate.halted === undefined)
        throw new Error(
          'a write has started the halted resource again; nothing is wrong with the new version: reload once more',
        )
      return stopped.converge()
    },
  }
}
