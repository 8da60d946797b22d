import { ReloadError, type ErrorPlace, type ReloadErrorCode, type ReloadPhase } from '../errors.js'
import { describeWithCauses, looksTaken } from './causes.js'
import { ACCEPT_HINT } from './judging.js'
import type { StepEnvironment } from './step-environment.js'

/** The part of an error's place that a call or a phase has. */
export interface Named {
  readonly step: string | undefined
  readonly side: ErrorPlace['side']
}

/** The environment of a step, and its place. */
export interface StepPlace {
  readonly environment: StepEnvironment
  readonly place: ErrorPlace
}

/** What to do about a failure, by phase. */
const HINTS: Partial<Record<ReloadPhase, string>> = {
  stage: 'Correct the plugin; nothing was changed.',
  preflight: `The old version goes on serving. Correct the new one, then reload again. ${ACCEPT_HINT}`,
  prepare: 'The old version goes on serving. Correct the new one, then reload again.',
  converge: 'The old version goes on serving. Correct the new one, then reload again.',
  rollback: 'host.resources() says what state the resource is in.',
}

const TAKEN =
  'It looks as if only one may hold this at a time; the old version holds it, and goes on serving. ' +
  "Let the provider or its strategy say that it takes an exclusive cutover, or reload with cutover: 'exclusive'."
/** What to do about a failed call of the version that serves, which no change of the new one mends. */
const OLD_HINT =
  'That version goes on serving, and no change to the new one would help. If the call never succeeds, ' +
  "reload with from: 'open', which asks nothing of it."

/**
 * Wraps what was thrown in a phase in a `ReloadError` with its place and hint. A `ReloadError` stays as it is.
 */
export function asStepError(
  error: unknown,
  code: ReloadErrorCode,
  { environment, place }: StepPlace,
  phase: ReloadPhase,
  named: Named,
): ReloadError {
  if (ReloadError.is(error)) return error
  const hint = environment.hint ?? hintFor(error, phase, named.side)
  return new ReloadError(code, describeWithCauses(error), {
    ...placeIn(place, phase, named),
    ...(hint !== undefined && { hint }),
    cause: error,
    details: detailsOf(error),
  })
}

export function abortedError(cause: unknown, { place }: StepPlace, phase: ReloadPhase, named: Named): ReloadError {
  return new ReloadError('ABORTED', 'the caller aborted', { ...placeIn(place, phase, named), cause })
}

export function overdueError(
  timeoutMs: number,
  { environment, place }: StepPlace,
  phase: ReloadPhase,
  named: Named,
): ReloadError {
  const slow = `If the step is only slow, raise timeouts.${environment.timeoutOption ?? phase}.`
  return new ReloadError('STEP_TIMEOUT', `no answer within ${timeoutMs} ms`, {
    ...placeIn(place, phase, named),
    hint: named.side === 'old' ? `${slow} ${OLD_HINT}` : slow,
  })
}

function placeIn(place: ErrorPlace, phase: ReloadPhase, { step, side }: Named): ErrorPlace {
  return { ...place, phase, ...(step !== undefined && { step }), ...(side !== undefined && { side }) }
}

function hintFor(error: unknown, phase: ReloadPhase, side: ErrorPlace['side']): string | undefined {
  if (side === 'old' && isOpen(phase)) return OLD_HINT
  return phase === 'prepare' && looksTaken(error) ? TAKEN : HINTS[phase]
}

/** Whether the old version goes on serving when `phase` fails. */
function isOpen(phase: ReloadPhase): boolean {
  return phase === 'preflight' || phase === 'prepare' || phase === 'converge'
}

/** The `details` of what a plugin threw, which may be `undefined`, or a proxy that throws. */
function detailsOf(error: unknown): unknown {
  try {
    return (error as { details?: unknown }).details
  } catch {}
}
