import { Step } from '../../dispatch/step.js'
import type { StepEnvironment } from '../../dispatch/step-environment.js'
import type { Attached } from './attached.js'

/**
 * Closes a resource that nothing succeeds, once it is out of service: an orphan, after the commit that has left it
 * without a provider, or one that was detached.
 */
export async function closeResource({ strategy, gate, place }: Attached, environment: StepEnvironment): Promise<void> {
  const step = new Step(environment, place)
  await step.run('finalize', { code: 'HANDOFF' }, async () => {
    try {
      await step.call('let the last write settle', () => {
        const closed = gate.close()
        return gate.busy ? closed : undefined
      })
    } finally {
      // A write that never settles keeps the resource from being closed no longer, nor does its timer keep the process.
      gate.abandon()
      const { halted } = gate
      if (halted === undefined) {
        const { resource } = gate
        await closeHeld(resource, environment, () => step.call('close', () => strategy.close?.(resource)))
      } else await step.call('discard checkpoint', () => halted.discard())
    }
  })
}

/**
 * Closes `resource`, and lets its claim go afterwards: until it is closed, or that has failed, no other resource may be
 * that object.
 */
export async function closeHeld(
  resource: unknown,
  { claims }: StepEnvironment,
  close: () => Promise<void>,
): Promise<void> {
  const holder = claims.holderOf(resource)
  try {
    await close()
  } finally {
    claims.letGo(resource, holder)
  }
}
