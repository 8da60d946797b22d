import type { MaybePromise } from '../maybe-promise.js'
import { Pace } from '../pace.js'
import type { Slices } from '../slices.js'

/**
 * Runs `task` over `items`, at most `limit` at a time, and at least one. After the first failure no further task is begun, `abort` is
 * called, and the rejection waits until every task that was begun has settled, so that nothing is still moving when the
 * caller undoes it. Many tasks that never wait for anything do not keep the event loop from turning.
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
