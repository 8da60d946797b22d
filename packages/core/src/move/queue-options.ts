import type { QueueOptions } from '../live-resource.js'
import { checkOptions, option, type OptionChecks } from '../options.js'

const CHECKS: OptionChecks<QueueOptions> = { signal: option.signal }

/** The signal in the options of a `write` or a `use`. @throws TypeError where the options are malformed. */
export function signalOf(given: QueueOptions | undefined, call: string): AbortSignal | undefined {
  return given === undefined ? undefined : checkOptions(given, `${call} options`, CHECKS).signal
}
