import type { Clock } from '../clock.js'
import type { ErrorPlace, ReloadError, ReloadPhase } from '../errors.js'
import type { Pace } from '../pace.js'
import type { Claims } from './claims.js'
import type { Judging } from './judging.js'
import type { StretchMeter } from './stretch-meter.js'

/** What all steps of a reload share. */
export interface StepEnvironment {
  readonly clock: Clock
  /** Cuts all work on resources into slices. */
  readonly pace: Pace
  readonly meter: StretchMeter
  readonly dryRun: boolean
  readonly judging: Judging
  /** The objects that are live resources, or copies that a check has open. */
  readonly claims: Claims
  /** How many milliseconds each plugin call of `phase` may take. */
  timeoutMs(phase: ReloadPhase): number
  /** The member of `timeouts` that errors name for it. Default: the one named after the phase. */
  readonly timeoutOption?: string
  /** What to do about a call that failed. Default: by phase. */
  readonly hint?: string
  /** Called when something could not be closed or removed, and nothing else fails by that. */
  onUnclean?(error: ReloadError): void
  onProgress?(place: ErrorPlace, done: number, total: number | undefined): void
}
