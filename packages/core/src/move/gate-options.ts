import type { Clock } from '../clock.js'
import { checkOptions, option, type OptionChecks } from '../options.js'
import { GateTerms, type ReplacementListener } from './gate-terms.js'

export interface WriteGateOptions<R> {
  clock?: Clock
  /** How many writes may be recorded and not yet replayed; at the bound writers wait. Default 65,536. */
  maxRecorded?: number
  /**
   * How many bytes they may occupy, as the surface's `sizeOf` says, or else about; at the bound writers wait. Default
   * 64 MiB.
   */
  maxRecordedBytes?: number
  /**
   * Milliseconds one write or use may take. Past it its caller is told, and work is refused until it settles. Default
   * 30,000.
   */
  writeTimeoutMs?: number
  /**
   * Told when another resource took the place of a stopped one, or why none could. Where a rollback did it, what is
   * thrown here is among the rollback's errors; where a write or a use did it, that goes on.
   */
  onReplaced?(outcome: { resource: R } | { halted: unknown }): void
}

const OPTIONS: OptionChecks<WriteGateOptions<unknown>> = {
  clock: option.with('now', 'after'),
  maxRecorded: option.count(1),
  maxRecordedBytes: option.positive,
  writeTimeoutMs: option.positive,
  onReplaced: option.function,
}

/** What a gate is told besides its resource: its own options, or what the gates of one host share, and who listens. */
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
