import { checkOptions, option, type OptionChecks } from '../../options.js'
import type { AttachOptions, OpenOptions } from '../../live-resource.js'

const OPEN: OptionChecks<OpenOptions<unknown, unknown>> = {
  name: option.required(option.text),
  key: option.required(option.text),
  open: option.required(option.function),
}

const ATTACH: OptionChecks<AttachOptions<unknown, unknown>> = { ...OPEN, signal: option.signal }

/** The options, each read once. @throws TypeError that names the option, what is expected and what was given. */
export function checkAttachOptions<P, R>(given: AttachOptions<P, R>): AttachOptions<P, R> {
  return checkOptions(given as AttachOptions<unknown, unknown>, 'attach options', ATTACH) as AttachOptions<P, R>
}

/** The same, of what a plugin has the host open. */
export function checkOpenOptions<P, R>(given: OpenOptions<P, R>): OpenOptions<P, R> {
  return checkOptions(given as OpenOptions<unknown, unknown>, 'open options', OPEN) as OpenOptions<P, R>
}
