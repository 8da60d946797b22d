/**
 * Runs all of `undos`, in order, also where some of them fail.
 *
 * @throws what the one that failed threw, or an AggregateError with `message` where several did.
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
