import type { TurnOptions } from '../live-resource.js'
import { checkOptions, option, type OptionChecks } from '../options.js'

const TURN: OptionChecks<TurnOptions> = { signal: option.signal }

/** The signal in the options of a `write` or a `use`. @throws TypeError where the options are malformed. */
export function signalOf(given: TurnOptions | undefined, call: string): AbortSignal | undefined {
  return given === undefined ? undefined : checkOptions(given, `${call} options`, TURN).signal
}
