import type { Attempt } from '../attempt.js'

/** A display, or why there is none, as the two sides of a comparison. */
export function resultOf(shown: Attempt<string>): string {
  return 'value' in shown ? shown.value : `an error: ${shown.throws}`
}
