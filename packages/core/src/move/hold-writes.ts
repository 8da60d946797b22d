import { ReloadError } from '../errors.js'
import type { StepContext } from '../strategy.js'
import type { HandoffGate } from '../handoff-gate.js'

/**
 * Holds writes. Where none is in flight, as at most resources of a reload, it waits for nothing and sets no deadline.
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
 * Holds writes, and abandons the one in flight if it has not settled by the deadline of the step. For handoffs that ask
 * nothing of the old resource.
 */
export async function holdOrAbandon<R>(gate: HandoffGate<R>, ctx: StepContext): Promise<void> {
  try {
    await holdWrites(gate, ctx, { abandonOverdue: true })
  } catch (error) {
    if (!ReloadError.is(error) || error.code !== 'STEP_TIMEOUT') throw error
    gate.abandon()
  }
}
