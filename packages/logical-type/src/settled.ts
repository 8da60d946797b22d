import { synchronous } from '@uni/reload-core'

/** @throws TypeError that names `call`, where it returned a promise. */
export function settled<T>(value: T, call: string): T {
  return synchronous(value, call, 'logical types are synchronous')
}
