import type { CdcLsn } from './contract.js'

/**
 * - `BATCH` a batch is malformed; `OUT_OF_ORDER` it does not continue where the stream stands (`expected`).
 * - `STREAM` `start` returned something that is not a stream.
 * - `CHECKPOINT` a checkpoint is not an LSN, runs ahead of what was delivered, falls behind the one before, or lies
 *   where deliveries could not go on.
 * - `LOG_RELEASED` the log no longer has what lies below `expected`; `LOG_POSITION` the log cannot be read from here:
 *   inside a batch, or beyond the head. `LOG_STALLED` the log says that it has more, and gives nothing.
 * - `CHECKPOINT_STORE` a stored checkpoint is damaged; `CHECKPOINT_IO` one cannot be read or written right now.
 */
export type CdcErrorCode =
  | 'BATCH'
  | 'OUT_OF_ORDER'
  | 'STREAM'
  | 'CHECKPOINT'
  | 'LOG_RELEASED'
  | 'LOG_POSITION'
  | 'LOG_STALLED'
  | 'CHECKPOINT_STORE'
  | 'CHECKPOINT_IO'

export interface CdcErrorInit {
  /** The LSN that would have been right, where there is one. */
  readonly expected?: CdcLsn | undefined
  /** The value that was found in its place. */
  readonly found?: unknown
  readonly cause?: unknown
}

const BRAND = Symbol.for('@uni/reload-cdc/CdcError')

/**
 * What is wrong with a batch, a checkpoint or a log position. To try again does not help, except with `LOG_STALLED` and
 * `CHECKPOINT_IO`.
 */
export class CdcError extends Error {
  override readonly name = 'CdcError'
  readonly code: CdcErrorCode
  readonly expected: CdcLsn | undefined
  readonly found: unknown
  readonly retryable: boolean

  constructor(code: CdcErrorCode, message: string, init: CdcErrorInit = {}) {
    super(message, 'cause' in init ? { cause: init.cause } : undefined)
    this.code = code
    this.retryable = code === 'LOG_STALLED' || code === 'CHECKPOINT_IO'
    this.expected = init.expected
    this.found = init.found
    Object.defineProperty(this, BRAND, { value: true })
  }

  /** Whether `error` is a `CdcError`, whichever copy of the package made it. */
  static is(error: unknown): error is CdcError {
    try {
      return typeof error === 'object' && error !== null && BRAND in error
    } catch {
      // A proxy may throw when it is looked at.
      return false
    }
  }
}

/** Any value in words, for an error message. */
export function show(value: unknown): string {
  if (typeof value === 'bigint' || typeof value === 'number')
    return `${value}${typeof value === 'number' ? ' (a number)' : ''}`
  if (typeof value === 'string') return JSON.stringify(value)
  return value === null ? 'null' : typeof value
}
