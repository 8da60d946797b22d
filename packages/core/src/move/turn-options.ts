import type { TurnOptions } from '../live-resource.js'
import { checkOptions, option, type OptionChecks } from '../options.js'

const TURN: OptionChecks<TurnOptions> = { signal: option.signal }

/** Most calls have none. @throws TypeError where the options are not of their form. */
export function signalOf(given: TurnOptions | undefined, call: string): AbortSignal | undefined {
  return given === undefined ? undefined : checkOptions(given, `${call} options`, TURN).signal
}
