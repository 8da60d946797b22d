import type { GateErrors } from './gate-errors.js'
import type { Halt } from '../handoff-gate.js'

/** What work goes to: a live resource, or what one may be started from. */
export type Slot<R> = { readonly live: R } | { readonly halt: Halt<R> }

/**
 * Starts what is halted.
 *
 * @param serve has it serve, unless it was abandoned while it started and has no place any more: it is stopped then.
 * @throws ReloadError `RESOURCE_HALTED`, `STEP_TIMEOUT`.
 */
export async function restart<R>(halt: Halt<R>, errors: GateErrors, serve: (resource: R) => boolean): Promise<R> {
  let resource: R
  try {
    resource = await halt.restart()
  } catch (cause) {
    throw errors.halted(cause)
  }
  if (serve(resource)) return resource
  await halt.stop(resource)
  throw errors.overdue()
}
