/**
 * - `CONNECTION` the server cannot be reached, or answers no longer; tried again. `SERVER` it is not set up for logical
 *   replication.
 * - `PUBLICATION` a publication is not there.
 * - `SLOT_MISSING` the slot that the log had is gone; `SLOT_LOST` the server removed WAL that it needs; `SLOT_ADVANCED`
 *   somebody else moved it on; `SLOT_FOREIGN` it is of another plugin or database, or was not made for this log;
 *   `SLOT_IN_USE` somebody else reads from it (retryable).
 * - `DIVERGED` the server never had, or has lost, what the log has given out: it failed over, or was restored.
 * - `DECODING` what the server sent cannot be decoded. `CLOSED` the log was closed.
 */
export type PostgresCdcErrorCode =
  | 'CONNECTION'
  | 'SERVER'
  | 'PUBLICATION'
  | 'SLOT_MISSING'
  | 'SLOT_LOST'
  | 'SLOT_ADVANCED'
  | 'SLOT_FOREIGN'
  | 'SLOT_IN_USE'
  | 'DIVERGED'
  | 'DECODING'
  | 'CLOSED'

export interface PostgresCdcErrorInit {
  readonly slot?: string | undefined
  /** What to do about it, as one sentence. */
  readonly hint?: string | undefined
  readonly cause?: unknown
}

const BRAND = Symbol.for('@uni/reload-cdc-postgres/PostgresCdcError')

/** Why a log cannot go on. Says what is missing, and what to do. */
export class PostgresCdcError extends Error {
  override readonly name = 'PostgresCdcError'
  readonly code: PostgresCdcErrorCode
  readonly slot: string | undefined
  readonly hint: string | undefined
  /** Whether the same may succeed later without any change. */
  readonly retryable: boolean

  constructor(code: PostgresCdcErrorCode, reason: string, init: PostgresCdcErrorInit = {}) {
    const place = init.slot === undefined ? '' : ` (slot "${init.slot}")`
    super(
      `${reason}${place}.${init.hint === undefined ? '' : ` ${init.hint}`}`,
      'cause' in init ? { cause: init.cause } : undefined,
    )
    this.code = code
    this.slot = init.slot
    this.hint = init.hint
    this.retryable = code === 'CONNECTION' || code === 'SLOT_IN_USE'
    Object.defineProperty(this, BRAND, { value: true })
  }

  /** Whether `error` is a `PostgresCdcError`, whichever copy of the package made it. */
  static is(error: unknown): error is PostgresCdcError {
    return typeof error === 'object' && error !== null && BRAND in error
  }
}
