import type { MaybePromise } from '../maybe-promise.js'
import { Pace } from '../pace.js'
import type { Slices } from '../slices.js'

/**
 * Runs `task` over `items`, `limit` at a time (one, where `limit` is below that). An item is taken when its task is to
 * begin, so that what makes them one by one makes none too early. Rejects with what the first task fails with; what
 * others fail with after it is dropped. At the first failure `abort` is called, and no further task is begun; the
 * rejection waits for those that were begun, so that nothing is still moving when the caller undoes it.
 *
 * @param slices pauses between tasks, so that many which wait for nothing let the event loop turn.
 */
export async function forEachBounded<T>(
  items: Iterable<T>,
  limit: number,
  task: (item: T) => MaybePromise<void>,
  abort: () => void,
  slices: Slices = new Pace(),
): Promise<void> {
  const iterator = items[Symbol.iterator]()
  let exhausted = false
  let failure: { error: unknown } | undefined
  async function work(): Promise<void> {
    for (let isFirst = true; !exhausted && failure === undefined; isFirst = false) {
      if (!isFirst && slices.due()) await slices.pause()
      // Another may have failed meanwhile, or have found that there are no more.
      if (exhausted || failure !== undefined) return
      const next = iterator.next()
      if (next.done === true) {
        exhausted = true
        return
      }
      try {
        await task(next.value)
      } catch (error) {
        if (failure === undefined) {
          failure = { error }
          abort()
        }
      }
    }
  }
  const workers: Promise<void>[] = []
  do {
    // Before each is begun, so that no more of them wait for the next slice than there are items.
    if (slices.due()) await slices.pause()
    workers.push(work())
  } while (!exhausted && failure === undefined && workers.length < limit)
  await Promise.all(workers)
  if (failure !== undefined) throw (failure as { error: unknown }).error
}
