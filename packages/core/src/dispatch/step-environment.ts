import type { Clock } from '../clock.js'
import type { ErrorPlace, ReloadError, ReloadPhase } from '../errors.js'
import type { Pace } from '../pace.js'
import type { Claims } from './claims.js'
import type { Judging } from './judging.js'
import type { StretchMeter } from './stretch-meter.js'

/** What all steps of a reload share. */
export interface StepEnvironment {
  readonly clock: Clock
  /** Of all work on resources. */
  readonly pace: Pace
  readonly meter: StretchMeter
  readonly dryRun: boolean
  readonly judging: Judging
  /** What is held open. */
  readonly claims: Claims
  /** Milliseconds each plugin call of a phase may take. */
  timeoutMs(phase: ReloadPhase): number
  /** The option that sets it. Default: the one named after the phase. */
  readonly timeoutOption?: string
  /** What to do about a call that failed. Default: by phase. */
  readonly hint?: string
  /** Told what could not be closed or removed, where nothing else fails by it. */
  onUnclean?(error: ReloadError): void
  onProgress?(place: ErrorPlace, done: number, total: number | undefined): void
}
