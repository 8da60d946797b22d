import { checkOptions, option, type OptionChecks } from '../options.js'
import { GateTerms, type ReplacementListener, type WriteGateOptions } from './gate-terms.js'

const OPTIONS: OptionChecks<WriteGateOptions<unknown>> = {
  clock: option.with('now', 'after'),
  maxRecorded: option.count(1),
  maxRecordedBytes: option.positive,
  writeTimeoutMs: option.positive,
  onReplaced: option.function,
}

/** The settings of a gate: options of its own, or the terms that all gates of a host share and a listener. */
export type GateSettings<R> =
  readonly [options?: WriteGateOptions<R>] | readonly [terms: GateTerms, listener: ReplacementListener<R>]

export function termsOf<R>([given = {}, listener]: GateSettings<R>): readonly [GateTerms, ReplacementListener<R>] {
  if (given instanceof GateTerms && listener !== undefined) return [given, listener]
  const options = checkOptions(
    given as WriteGateOptions<R>,
    'WriteGate options',
    OPTIONS as OptionChecks<WriteGateOptions<R>>,
  )
  return [new GateTerms(options as WriteGateOptions<never>), options]
}
