import { systemClock, type Clock } from '../clock.js'
import type { RecordBounds } from './write-record.js'

export interface WriteGateOptions<R> {
  clock?: Clock | undefined
  /** How many writes may be recorded and not yet replayed; at this bound writers wait. Default 1,048,576. */
  maxRecorded?: number | undefined
  /**
   * How many bytes these writes may occupy, by the surface's `sizeOf` or else an estimate; at this bound writers wait.
   * Default 256 MiB.
   */
  maxRecordedBytes?: number | undefined
  /**
   * Milliseconds that one write or use may take. After that its caller gets `STEP_TIMEOUT`, and further work is refused
   * until it settles. Default 30,000.
   */
  writeTimeoutMs?: number | undefined
  /**
   * Called when a stopped resource was started again, or with why it could not be. What it throws is among
   * `rollbackErrors` where a rollback restarts the resource, and is ignored where a write or a use does.
   */
  readonly onReplaced?: ((outcome: { resource: R } | { halted: unknown }) => void) | undefined
}

// A copy of a million documents takes half a minute, and its writers may make 10,000 writes a second. A write that
// waits takes more memory than one that is recorded, so a lower bound spares a host none unless its writers wait for
// one another.
const MAX_RECORDED_WRITES = 1_048_576
const MAX_RECORDED_BYTES = 256 * 1024 * 1024

/** Clock and bounds of gates. All gates of a host share one. */
export class GateTerms implements RecordBounds {
  readonly clock: Clock
  /** Milliseconds that one write or use may take. */
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

/** Called as {@link WriteGateOptions.onReplaced} is. */
export interface ReplacementListener<R> {
  readonly onReplaced?: ((outcome: { resource: R } | { halted: unknown }) => unknown) | undefined
}
