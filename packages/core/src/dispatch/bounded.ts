import type { MaybePromise } from '../maybe-promise.js'
import { Pace } from '../pace.js'
import type { Slices } from '../slices.js'

/**
 * Runs `task` over `items`, `limit` at a time (one, where `limit` is below that). Rejects with what the first task
 * fails with; what others fail with after it is dropped. At the first failure `abort` is called, and no further task is
 * begun; the rejection waits for those that were begun, so that nothing is still moving when the caller undoes it.
 *
 * @param slices pauses between tasks, so that many which wait for nothing let the event loop turn.
 */
export async function forEachBounded<T>(
  items: readonly T[],
  limit: number,
  task: (item: T) => MaybePromise<void>,
  abort: () => void,
  slices: Slices = new Pace(),
): Promise<void> {
  let next = 0
  let failure: { error: unknown } | undefined
  async function work(): Promise<void> {
    while (next < items.length && failure === undefined) {
      if (slices.due()) await slices.pause()
      // Another may have failed meanwhile, or have taken the last item.
      if (next >= items.length || failure !== undefined) return
      const item = items[next] as T
      next += 1
      try {
        await task(item)
      } catch (error) {
        if (failure === undefined) {
          failure = { error }
          abort()
        }
      }
    }
  }
  const workers = limit >= 1 ? Math.min(limit, items.length) : 1
  await Promise.all(Array.from({ length: workers }, work))
  if (failure !== undefined) throw (failure as { error: unknown }).error
}
