import { Slices } from '../slices.js'
import type { StepContext } from '../strategy.js'

/**
 * A context outside of any reload, for kits that make calls a strategy makes. Calls have no deadline, and nothing is
 * reported.
 *
 * @param signal Default: one that never fires.
 */
export function stepOutsideReloads(signal: AbortSignal = new AbortController().signal): StepContext {
  return {
    signal,
    dryRun: false,
    slices: () => new Slices(),
    progress() {},
    transferred() {},
    replayed() {},
    unjudged() {},
    outlived() {},
    unclean() {},
    claim() {},
    letGo() {},
    call: async (_, call) => call(signal),
    judge: async (_, check) => check(signal),
  }
}
