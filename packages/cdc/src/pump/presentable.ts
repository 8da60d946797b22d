import { ReloadError } from '@uni/reload-core'

/**
 * What was thrown; or an error in its place, where it throws itself when it is looked at, as a proxy or a getter may.
 */
export function presentable(thrown: unknown): unknown {
  if (typeof thrown !== 'object' || thrown === null) return thrown
  try {
    ReloadError.is(thrown)
    for (const key of ['code', 'expected', 'retryable', 'cause']) if (key in thrown) Reflect.get(thrown, key)
    return thrown
  } catch (cause) {
    return new Error('what was thrown throws when it is looked at', { cause })
  }
}
