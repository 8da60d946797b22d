import { Slices } from '../../slices.js'

/** Waits for one turn of the event loop, in which every microtask that is due has run. */
export function turn(): Promise<void> {
  return new Slices().pause()
}
