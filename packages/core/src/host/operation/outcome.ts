import type { Handoffs } from '../../dispatch/handoffs.js'
import type { StepEnvironment } from '../../dispatch/step-environment.js'
import type { ReloadError } from '../../errors.js'
import type { Preflight } from '../plan/preflight.js'
import type { Succession } from '../plan/succession.js'
import type { PhaseLog } from '../report/phase-log.js'
import type { Finalization } from './finalization.js'
import type { Openings } from './openings.js'

/** What an operation did, before that is reported plugin by plugin. */
export interface Outcome {
  readonly succession: Succession
  readonly preflight: Preflight
  readonly handoffs: Handoffs
  readonly openings: Openings
  readonly log: PhaseLog
  readonly environment: StepEnvironment
  /** Absent after a dry run. */
  readonly finalization: Finalization | undefined
  /** What strategies threw as they were told of the commit. */
  readonly commitErrors: readonly ReloadError[]
  /** The error where the commit could not be written down. */
  readonly unrecorded: ReloadError | undefined
}
