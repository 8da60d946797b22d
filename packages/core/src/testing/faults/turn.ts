import { Slices } from '../../slices.js'

/** One turn of the event loop: every microtask that is due has run. */
export function turn(): Promise<void> {
  return new Slices().pause()
}
