import type { MaybePromise } from '../maybe-promise.js'
import { Pace } from '../pace.js'
import type { Slices } from '../slices.js'

/**
 * Runs `task` over `items`, `limit` at a time, and at least one. An item is taken when its task is to begin, so that a
 * generator makes none too early. At the first failure `abort` is called, and no further task is begun. Rejects with
 * that failure once all tasks that were begun have settled, so that none is under way when the caller undoes them.
 * Later failures are dropped.
 *
 * @param slices pauses between tasks, so that the event loop turns where no task waits for anything.
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
      // During the pause another worker may have failed, or have taken the last item.
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
    // Pauses before each worker is begun, so that no more workers wait for the next slice than there are items.
    if (slices.due()) await slices.pause()
    workers.push(work())
  } while (!exhausted && failure === undefined && workers.length < limit)
  await Promise.all(workers)
  if (failure !== undefined) throw (failure as { error: unknown }).error
}
