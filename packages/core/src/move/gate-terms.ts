import { systemClock, type Clock } from '../clock.js'
import type { WriteGateOptions } from './gate-options.js'
import type { RecordBounds } from './write-record.js'

const MAX_RECORDED_WRITES = 65_536
const MAX_RECORDED_BYTES = 64 * 1024 * 1024

/** What gates go by, besides their surfaces. Those of one host share it. */
export class GateTerms implements RecordBounds {
  readonly clock: Clock
  /** Milliseconds one write or use may take. */
  readonly taskTimeoutMs: number
  readonly maxWrites: number
  readonly maxBytes: number

  constructor({ clock, writeTimeoutMs, maxRecorded, maxRecordedBytes }: WriteGateOptions<never>) {
    this.clock = clock ?? systemClock
    this.taskTimeoutMs = writeTimeoutMs ?? 30_000
    this.maxWrites = maxRecorded ?? MAX_RECORDED_WRITES
    this.maxBytes = maxRecordedBytes ?? MAX_RECORDED_BYTES
  }
}

/** Told when another resource took the place of a stopped one, or why none could. */
export interface ReplacementListener<R> {
  onReplaced?(outcome: { resource: R } | { halted: unknown }): unknown
}
