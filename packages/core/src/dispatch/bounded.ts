/**
 * Runs `task` over `items`, at most `limit` at a time. After the first failure no further task is begun, `abort` is
 * called, and the rejection waits until every task that was begun has settled, so that nothing is still moving when the
 * caller undoes it.
 */
export async function forEachBounded<T>(items: readonly T[], limit: number, task: (item: T) => Promise<void>, abort: () => void): Promise<void> {
  let next = 0
  let failure: { error: unknown } | undefined
  async function work(): Promise<void> {
    while (next < items.length && failure === undefined) {
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
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, work))
  if (failure !== undefined) throw (failure as { error: unknown }).error
}
