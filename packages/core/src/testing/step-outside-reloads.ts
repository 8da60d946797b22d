import { Slices } from '../slices.js'
import type { StepContext } from '../strategy.js'

/**
 * A step outside of any reload, for kits that ask a provider what a strategy asks: calls have no deadline, and nothing
 * is reported.
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
