import type { GateErrors } from './gate-errors.js'
import type { Halt } from '../handoff-gate.js'

/** What a gate's work goes to: a live resource, or a halt from which one can be started. */
export type Slot<R> = { readonly live: R } | { readonly halt: Halt<R> }

/**
 * Starts a halted resource.
 *
 * @param serve has the resource serve. Returns false where the restart was abandoned meanwhile: it is stopped then.
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
