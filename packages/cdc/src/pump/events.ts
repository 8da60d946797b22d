import type { CdcLsn } from '../contract.js'

/**
 * - `opening` its stream is being started for the first time, or again after it was closed;
 * - `running` it delivers, or waits for commits;
 * - `retrying` the last attempt at something failed, and is about to be repeated;
 * - `halted` it has given up, with `error`; it holds its place and the log until it is resumed or its plugin reloaded;
 * - `stopped` the pump was stopped, or the stream dropped.
 */
export type PumpState = 'opening' | 'running' | 'retrying' | 'halted' | 'stopped'

/** What the pump was doing for a stream when it failed. */
export type PumpStep = 'open' | 'read' | 'deliver' | 'checkpoint' | 'wait' | 'release' | 'close'

export interface PumpStatus {
  readonly name: string
  /** The key of the provider that the stream was started with. */
  readonly key: string
  readonly state: PumpState
  /** Where its next batch starts: everything below was accepted by the sink. */
  readonly position: CdcLsn
  /** The last checkpoint that was saved. */
  readonly checkpoint: CdcLsn | undefined
  /** How far `position` is behind the head of the log. */
  readonly lag: bigint
  /**
   * Whether the log still has everything from the checkpoint on. If not, the stream cannot be opened again without a
   * gap.
   */
  readonly retained: boolean
  /** How often in a row the step has failed that is failing now; 0 where none is. */
  readonly failures: number
  /** The last failure; absent while nothing fails. */
  readonly error?: unknown
}

/** What has happened to a stream of the pump. */
export type PumpEvent = { readonly stream: string } & (
  | { readonly type: 'opened'; readonly fromLsn: CdcLsn }
  /** Everything committed so far was delivered. */
  | { readonly type: 'idle'; readonly position: CdcLsn }
  | { readonly type: 'checkpoint'; readonly lsn: CdcLsn }
  /** After a reload or a restart, the stream that serves goes on at another LSN than the one before would have. */
  | { readonly type: 'moved'; readonly from: CdcLsn; readonly to: CdcLsn }
  /**
   * The log has reached its limit, and dropped what the stream would need if it were opened again. Until then it goes
   * on.
   */
  | { readonly type: 'overrun'; readonly checkpoint: CdcLsn; readonly oldest: CdcLsn }
  /** The LSNs between were released, and will never be delivered; only with `restart-from-oldest`. */
  | { readonly type: 'gap'; readonly from: CdcLsn; readonly to: CdcLsn }
  | {
      readonly type: 'retry'
      readonly step: PumpStep
      readonly failures: number
      readonly delayMs: number
      readonly error: unknown
    }
  | { readonly type: 'halted'; readonly step: PumpStep; readonly error: unknown }
  | { readonly type: 'resumed' }
  /** Something could not be cleaned up, such as the log or a stream that was stopped; the pump goes on. */
  | { readonly type: 'unclean'; readonly step: PumpStep; readonly error: unknown }
  | { readonly type: 'stopped' }
)

/** An event without the name of its stream. */
export type StreamEvent = PumpEvent extends infer E ? (E extends { stream: string } ? Omit<E, 'stream'> : never) : never
