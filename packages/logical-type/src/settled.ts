import { synchronous } from '@uni/reload-core'

/** What `call` returned, which is not to be a promise. @throws TypeError that names `call`, where it is one. */
export function settled<T>(value: T, call: string): T {
  return synchronous(value, call, 'logical types are synchronous')
}
