import type { MaybePromise } from '../maybe-promise.js'

/**
 * What a provider opened, held to being a live resource.
 *
 * @param serving the resource that still serves: were it handed over to itself, it would be closed while it serves.
 * @throws TypeError for nothing at all, and for the serving resource.
 */
export async function opened<R>(resource: MaybePromise<R>, serving?: R): Promise<R> {
  const value = await resource
  if (value === undefined || value === null) throw new TypeError(`expected a live resource, and got ${String(value)}`)
  if (value === serving) throw new TypeError('expected a live resource of the new version, and got the old one itself')
  return value
}
