import { describeThrown, ReloadError, type ReloadErrorCode } from '@uni/reload-core'

/** What came of a call whose failure is an answer, too. */
export type Attempt<T> = { readonly value: T } | { readonly failure: string }

/**
 * What says nothing of what was called: a deadline has passed, the caller has aborted, an index was given that serves.
 */
const THROUGH: ReadonlySet<ReloadErrorCode> = new Set(['STEP_TIMEOUT', 'ABORTED', 'DUPLICATE'])

/**
 * Calls `run`, for what says something by failing.
 *
 * @throws ReloadError of a deadline, an abort, or an index that serves.
 */
export async function attempt<T>(run: () => Promise<T>): Promise<Attempt<T>> {
  try {
    return { value: await run() }
  } catch (error) {
    if (ReloadError.is(error) && THROUGH.has(error.code)) throw error
    return { failure: describeThrown(ReloadError.is(error) && error.cause !== undefined ? error.cause : error) }
  }
}
