import type { MaybePromise } from '../maybe-promise.js'
import type { StepContext } from '../strategy.js'

/**
 * Closes what a check opened only to look at it. The call has a deadline of its own, and fails nothing: what it throws
 * goes to the observer. Where the phase is over, the call is made all the same, and nobody waits for it.
 *
 * @param claimed the object that is closed, where the step has claimed it. It is let go afterwards.
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
