import { describeThrown, ReloadError, type ReloadErrorCode } from '@uni/reload-core'

/** The result of a call, or why it failed, where a failure tells something about what was called. */
export type Attempt<T> = { readonly value: T } | { readonly failure: string }

/**
 * Errors that tell nothing about what was called: it took too long, the caller aborted, or it gave an index that
 * serves.
 */
const THROUGH: ReadonlySet<ReloadErrorCode> = new Set(['STEP_TIMEOUT', 'ABORTED', 'DUPLICATE'])

/**
 * Calls `run`, and returns its failure as a value.
 *
 * @throws ReloadError `STEP_TIMEOUT`, `ABORTED` or `DUPLICATE`, which tell nothing about what was called.
 */
export async function attempt<T>(run: () => Promise<T>): Promise<Attempt<T>> {
  try {
    return { value: await run() }
  } catch (error) {
    if (ReloadError.is(error) && THROUGH.has(error.code)) throw error
    return { failure: describeThrown(ReloadError.is(error) && error.cause !== undefined ? error.cause : error) }
  }
}
