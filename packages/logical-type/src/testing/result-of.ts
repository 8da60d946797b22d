import type { Attempt } from '../attempt.js'

/** A display, or the failure in its place, as text to compare. */
export function resultOf(shown: Attempt<string>): string {
  return 'value' in shown ? shown.value : `an error: ${shown.throws}`
}
