import { BYSTANDER } from './circumstances.js'
import type { Fault } from './fault.js'
import type { PluginCall } from './recorder.js'

/** A call of one version that fails each time. */
export interface BrokenCall {
  /** The object and its method, such as `handle.persist`. */
  readonly call: string
  readonly version: number
  readonly fault: Fault
}

/** Calls of the bystander are never broken. */
export function isBroken({ origin, method }: PluginCall, { call, version }: BrokenCall): boolean {
  return origin.position !== BYSTANDER && origin.version === version && `${origin.kind}.${method}` === call
}
