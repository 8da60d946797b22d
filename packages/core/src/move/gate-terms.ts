import { systemClock, type Clock } from '../clock.js'
import type { RecordBounds } from './write-record.js'

export interface WriteGateOptions<R> {
  clock?: Clock | undefined
  /** How many writes may be recorded and not yet replayed; at the bound writers wait. Default 1,048,576. */
  maxRecorded?: number | undefined
  /**
   * How many bytes they may occupy, as the surface's `sizeOf` says, or else about; at the bound writers wait. Default
   * 256 MiB.
   */
  maxRecordedBytes?: number | undefined
  /**
   * Milliseconds one write or use may take. Past it its caller is told, and work is refused until it settles. Default
   * 30,000.
   */
  writeTimeoutMs?: number | undefined
  /**
   * Told when another resource took the place of a stopped one, or why none could. Where a rollback did it, what is
   * thrown here is among the rollback's errors; where a write or a use did it, that goes on.
   */
  readonly onReplaced?: ((outcome: { resource: R } | { halted: unknown }) => void) | undefined
}

// A copy of a million documents takes half a minute, and its writers may make 10,000 writes a second. A write that waits
// takes more memory than one that is recorded, so a lower bound spares a host none unless its writers wait for one another.
const MAX_RECORDED_WRITES = 1_048_576
const MAX_RECORDED_BYTES = 256 * 1024 * 1024

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
  readonly onReplaced?: ((outcome: { resource: R } | { halted: unknown }) => unknown) | undefined
}
