/**
 * Runs all of `undos` in order, going on past those that fail.
 *
 * @throws what was thrown, or, where several threw, an AggregateError with `message`.
 */
export async function attemptAll(undos: readonly (() => unknown)[], message: string): Promise<void> {
  const failures: unknown[] = []
  for (const undo of undos) {
    try {
      await undo()
    } catch (error) {
      failures.push(error)
    }
  }
  if (failures.length === 1) throw failures[0]
  if (failures.length > 1) throw new AggregateError(failures, message)
}
