import { ReloadError } from '../errors.js'
import type { StepContext } from '../strategy.js'
import type { HandoffGate } from './handoff-gate.js'

/**
 * Holds writes, for a handoff that goes on whatever becomes of the one in flight: where that never settles, it is
 * abandoned.
 */
export async function holdOrAbandon<R>(gate: HandoffGate<R>, ctx: StepContext): Promise<void> {
  try {
    await ctx.call('hold writes', () => gate.hold({ abandonOverdue: true }), { side: 'old' })
  } catch (error) {
    if (!ReloadError.is(error) || error.code !== 'STEP_TIMEOUT') throw error
    gate.abandon()
  }
}
