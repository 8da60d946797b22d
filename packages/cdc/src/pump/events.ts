import type { CdcLsn } from '../contract.js'

/**
 * - `opening` its stream is being started for the first time, or again after it was closed;
 * - `running` it delivers, or waits for commits;
 * - `retrying` the last attempt at something failed, and is about to be repeated;
 * - `halted` it has given up, with `error`; it holds its place and the log until it is resumed or its plugin reloaded;
 * - `stopped` the pump was stopped, or the stream dropped.
 */
export type PumpState = 'opening' | 'running' | 'retrying' | 'halted' | 'stopped'

/** What the pump was doing for a stream when something failed. */
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
  /** Whether the log still has all from the checkpoint on. If not, the stream cannot be opened again without a gap. */
  readonly retained: boolean
  /** How often what is failing now has failed in a row. 0 while nothing fails. */
  readonly failures: number
  /** What failed last; absent while nothing fails. */
  readonly error?: unknown
}

/** What happens to a stream of the pump. */
export type PumpEvent = { readonly stream: string } & (
  | { readonly type: 'opened'; readonly fromLsn: CdcLsn }
  /** Everything committed so far was delivered. */
  | { readonly type: 'idle'; readonly position: CdcLsn }
  | { readonly type: 'checkpoint'; readonly lsn: CdcLsn }
  /** The stream that serves now, after a reload or a restart, continues elsewhere than the one before. */
  | { readonly type: 'moved'; readonly from: CdcLsn; readonly to: CdcLsn }
  /**
   * The log has given up, at its bound, what the stream would need if it were opened again; it goes on while it can.
   */
  | { readonly type: 'overrun'; readonly checkpoint: CdcLsn; readonly oldest: CdcLsn }
  /** What lies between was released and will never be delivered; only with `restart-from-oldest`. */
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
  /** Something was left undone, such as the release of the log, or what belongs to stopping; the pump goes on. */
  | { readonly type: 'unclean'; readonly step: PumpStep; readonly error: unknown }
  | { readonly type: 'stopped' }
)

/** An event, without the stream that it is about. */
export type StreamEvent = PumpEvent extends infer E ? (E extends { stream: string } ? Omit<E, 'stream'> : never) : never
