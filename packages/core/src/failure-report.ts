import type { Cutover, Discipline } from './strategy.js'

/** How one live resource was handed over, as far as that went. Times in milliseconds. */
export interface AttemptedHandoff {
  readonly surface: string
  readonly key: string
  readonly resource: string
  readonly discipline: Discipline
  readonly cutover: Cutover
  /** Who asked for that cutover; absent where nobody did. */
  readonly cutoverBy: 'caller' | 'old provider' | 'new provider' | undefined
  readonly prepareMs: number
  readonly convergeMs: number
  /** The longest that one write was held. Where writers are slowed down: while no other was let in. */
  readonly pauseMs: number
  /** The longest synchronous stretch of any plugin call, and the call; absent where none took any time. */
  readonly blockedMs: number
  readonly blockedBy: string | undefined
  readonly bytes: number
  readonly replayedWrites: number
  /**
   * What the new one was made of: what served; the standby of the reload that is taken back, with the writes made
   * since; or whatever the host opens it from.
   */
  readonly from: 'serving' | 'standby' | 'open'
  /** What failed of the old one and was done without, such as its checkpoint. */
  readonly outlived: readonly unknown[]
}

/** What a reload that was rolled back did until then. Times in milliseconds. */
export interface FailureReport {
  readonly totalMs: number
  readonly handoffs: readonly AttemptedHandoff[]
  /** The longest that one write was held. Where writers are slowed down: while no other was let in. */
  readonly pauseMs: number
  /** The longest that the event loop did not turn, whoever kept it from that. */
  readonly blockedMs: number
  /**
   * What kept it from that: the plugin call that was the most of it, or was pending; `core` where there was none, so
   * that it was the core, or other code of this process. Absent where nothing did.
   */
  readonly blockedBy: string | undefined
}
