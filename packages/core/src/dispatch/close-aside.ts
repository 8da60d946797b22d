import type { MaybePromise } from '../maybe-promise.js'
import type { StepContext } from '../strategy.js'

/**
 * Closes what a check opened only to look at it. The call has a deadline of its own, and what it throws goes to the
 * observer alone. If the phase is over, `close` is called all the same, and its end is not waited for.
 *
 * @param claimed the object that is closed, if the step has claimed it. Its claim ends afterwards.
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
