import { hear, isPromiseLike } from './maybe-promise.js'

/**
 * Refuses a promise where a plugin's value is due. Its rejection is heard, since one that nobody hears ends a Node
 * process.
 *
 * @param because why the call is synchronous, as part of a sentence.
 * @throws TypeError that names `call`.
 */
export function synchronous<T>(value: T, call: string, because: string): T {
  if (!isPromiseLike(value)) return value
  hear(value)
  throw new TypeError(`${call} returned a promise; expected its value: ${because}`)
}
