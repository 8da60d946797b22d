import { ReloadError } from '../errors.js'
import type { StepContext } from '../strategy.js'
import type { HandoffGate } from '../handoff-gate.js'

/**
 * Holds writes. Where none is in flight, as with most resources of a reload, it waits for nothing, and sets no
 * deadline.
 */
export function holdWrites<R>(
  gate: HandoffGate<R>,
  ctx: StepContext,
  options?: { readonly abandonOverdue?: boolean },
): Promise<void> {
  return ctx.call(
    'hold writes',
    () => {
      const held = gate.hold(options)
      return gate.busy ? held : undefined
    },
    { side: 'old' },
  )
}

/**
 * Holds writes, for a handoff that goes on whatever becomes of the one in flight: where that never settles, it is
 * abandoned.
 */
export async function holdOrAbandon<R>(gate: HandoffGate<R>, ctx: StepContext): Promise<void> {
  try {
    await holdWrites(gate, ctx, { abandonOverdue: true })
  } catch (error) {
    if (!ReloadError.is(error) || error.code !== 'STEP_TIMEOUT') throw error
    gate.abandon()
  }
}
