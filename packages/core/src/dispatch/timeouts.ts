import type { ReloadPhase } from '../errors.js'
import { option, type OptionChecks } from '../options.js'

/**
 * Milliseconds that one call may take: a plugin call, by its phase; `open` and `write` of a live resource; a call of
 * the `journal`.
 */
export type Timeouts = { [Call in TimedCall]?: number | undefined }
export type TimedCall = Exclude<ReloadPhase, 'validate' | 'fence' | 'commit' | 'drain'> | 'open' | 'write' | 'journal'

const DEFAULTS: Record<TimedCall, number> = {
  stage: 30_000,
  preflight: 60_000,
  prepare: 300_000,
  converge: 30_000,
  rollback: 30_000,
  finalize: 30_000,
  bake: 30_000,
  open: 300_000,
  write: 30_000,
  journal: 30_000,
}

export function timeoutOf(timeouts: Timeouts, call: ReloadPhase | TimedCall): number {
  return timeouts[call as TimedCall] ?? DEFAULTS[call as TimedCall] ?? DEFAULTS.stage
}

export const TIMEOUTS = Object.fromEntries(
  Object.keys(DEFAULTS).map((call) => [call, option.positive]),
) as OptionChecks<Timeouts>
