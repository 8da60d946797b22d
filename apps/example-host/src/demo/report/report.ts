import type { IndexAudit } from '../audit/index-audit.js'
import type { SharedAudit } from '../audit/shared-audit.js'
import type { SinkAudit } from '../audit/sink-audit.js'
import type { Latency } from '../latency.js'
import type { StateAudit } from '../state/state-audit.js'
import type { VersionsSeen } from '../state/version-log.js'

/** One reload of the demo. Times in milliseconds. */
export interface ReloadEntry {
  readonly plugin: string
  readonly from: string
  readonly to: string
  readonly surface: string
  readonly result: 'committed' | 'rolled-back' | 'rejected'
  readonly code: string | null
  readonly totalMs: number
  /** The longest that one write was held. */
  readonly pauseMs: number
  /** The longest synchronous stretch of any plugin call. */
  readonly blockedMs: number
  /** The step in which that call was made. */
  readonly blockedBy: string | null
  readonly drainMs: number
  readonly bytes: number
  readonly replayedWrites: number
  /** What was wrong with the version, where it was a bad one. */
  readonly fault: string | null
  /** Whether the reload went as it had to, and the right version served afterwards. */
  readonly asExpected: boolean
}

export interface InvariantEntry {
  readonly id: string
  readonly held: boolean
  readonly evidence: string
}

/** What `out/report.json` holds. */
export interface Report {
  readonly durationMs: number
  readonly node: string
  readonly dataset: { readonly name: string; readonly rows: number }
  readonly load: {
    readonly queries: number
    readonly failedQueries: number
    readonly commits: number
    readonly edits: number
  }
  readonly reloads: readonly ReloadEntry[]
  readonly cdc: readonly SinkAudit[]
  readonly index: readonly IndexAudit[]
  readonly crdt: readonly SharedAudit[]
  readonly state: readonly StateAudit[]
  readonly calls: readonly VersionsSeen[]
  readonly latency: ReturnType<Latency['summary']>
  readonly invariants: readonly InvariantEntry[]
}
