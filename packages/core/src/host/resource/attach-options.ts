import { checkOptions, option, type OptionChecks } from '../../options.js'
import type { AttachOptions } from '../../live-resource.js'

const ATTACH: OptionChecks<AttachOptions<unknown, unknown>> = {
  name: option.required(option.text),
  key: option.required(option.text),
  open: option.required(option.function),
}

/** The options, each read once. @throws TypeError that names the option, what is expected and what was given. */
export function checkAttachOptions<P, R>(given: AttachOptions<P, R>, path = 'attach options'): AttachOptions<P, R> {
  return checkOptions(given as AttachOptions<unknown, unknown>, path, ATTACH) as AttachOptions<P, R>
}
