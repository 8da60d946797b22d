import type { ResourceHandoff } from '../strategy.js'
import type { HandoffGate } from './handoff-gate.js'

/**
 * Hands over a halted resource as one that is stopped, since nothing of it serves. Once a write has started it again, leases may
 * reach it: in an overlap it is not stopped under them (I7).
 */
export function unlessRestarted<R>(gate: HandoffGate<R>, stopped: ResourceHandoff<R>): ResourceHandoff<R> {
  return {
    ...stopped,
    async converge() {
      if (gate.halted === undefined)
        throw new Error(
          'a write has started the halted resource again meanwhile; nothing is wrong with the new version, reload once more',
        )
      return stopped.converge()
    },
  }
}
