import { ReloadError, type ReloadPhase } from '../../errors.js'

/** @throws ReloadError `ABORTED`. */
export function refuseAborted(signal: AbortSignal | undefined, phase: ReloadPhase): void {
  if (signal?.aborted === true) throw new ReloadError('ABORTED', 'the caller aborted', { phase, cause: signal.reason })
}
