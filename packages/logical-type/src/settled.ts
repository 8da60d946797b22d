import { synchronous } from '@uni/reload-core'

/**
 * The result of `call`, unless it is a promise.
 *
 * @throws TypeError that names `call`, where it is one.
 */
export function settled<T>(value: T, call: string): T {
  return synchronous(value, call, 'logical types are synchronous')
}
