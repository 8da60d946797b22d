import type { MaybePromise } from '../maybe-promise.js'
import type { StepContext } from '../strategy.js'

/**
 * Closes what a check opened only to look at it. The call has a deadline of its own, and what it throws is told the
 * observer alone, so that one that hangs keeps nothing else open. Where the phase was ended meanwhile, it is closed all
 * the same, and nobody waits for it.
 *
 * @param claimed what it closes, where the step has claimed that: it is let go then.
 */
export async function closeAside(ctx: StepContext, close: () => MaybePromise<void>, claimed?: unknown): Promise<void> {
  let begun = false
  const closing = async (): Promise<void> => {
    begun = true
    try {
      await close()
    } finally {
      ctx.letGo(claimed)
    }
  }
  try {
    await ctx.call('close', closing)
  } catch (error) {
    if (begun) ctx.unclean('close', error)
    else
      closing().catch((late: unknown) => {
        ctx.unclean('close', late)
      })
  }
}
