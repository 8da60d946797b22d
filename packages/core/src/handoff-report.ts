import type { ReloadError } from './errors.js'
import type { AttemptedHandoff } from './failure-report.js'

/** What happened to one live resource (I10). */
export interface HandoffReport extends AttemptedHandoff {
  /** Why `activate` failed, once the commit was made; the commit stands. */
  readonly activationError: ReloadError | undefined
}
