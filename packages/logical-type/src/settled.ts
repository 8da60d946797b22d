/**
 * Refuses a promise where a value is due. Its rejection is heard, since one that nobody hears ends a Node process.
 *
 * @throws TypeError that names `call`.
 */
export function settled<T>(value: T, call: string): T {
  if (typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function') {
    void Promise.resolve(value).then(undefined, () => {})
    throw new TypeError(`${call} returned a promise, expected its value: logical types are synchronous`)
  }
  return value
}
