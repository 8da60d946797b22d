import type { ReloadError } from '../errors.js'
import type { Pace } from '../pace.js'
import type { Cutover, Discipline } from '../strategy.js'
import type { CountedVerdict } from './judging.js'
import type { LongestStretch } from './stretch-meter.js'

/** A key of a surface. */
export interface SurfaceKey {
  readonly surface: string
  readonly key: string
}

/** What happened to one live resource (I10). Times in milliseconds. */
export interface HandoffReport {
  readonly surface: string
  readonly key: string
  readonly resource: string
  readonly discipline: Discipline
  readonly cutover: Cutover
  /** Who asked for that cutover; absent where nobody did. */
  readonly cutoverBy: 'caller' | 'old provider' | 'new provider' | undefined
  readonly prepareMs: number
  readonly convergeMs: number
  /** The longest that one write was held. */
  readonly pauseMs: number
  /** The longest synchronous stretch of any plugin call, and the call; absent where none took any time. */
  readonly blockedMs: number
  readonly blockedBy: string | undefined
  readonly bytes: number
  readonly replayedWrites: number
  /**
   * What the new one was made of: what served; what was kept when it was replaced, with the writes made since; or
   * whatever the host opens it from.
   */
  readonly from: 'serving' | 'kept' | 'open'
  /** What failed of the old one and was done without, such as its checkpoint. */
  readonly outlived: readonly unknown[]
  /** Why `activate` failed, once the commit was made; the commit stands. */
  readonly activationError: ReloadError | undefined
}

/** What a reload that was rolled back did until then. Times in milliseconds. */
export interface FailureReport {
  readonly totalMs: number
  readonly handoffs: readonly HandoffReport[]
  /** The longest that one write was held. */
  readonly pauseMs: number
  /** The longest that the event loop did not turn, whoever kept it from that. */
  readonly blockedMs: number
  /**
   * What kept it from that: the plugin call that was the most of it, or was pending; `core` where there was none, so that
   * it was the core, or other code of this process. Absent where nothing did.
   */
  readonly blockedBy: string | undefined
}

/** The reports of many resources, made in slices. */
export async function listed(reports: Iterable<HandoffReport>, pace: Pace): Promise<HandoffReport[]> {
  const list: HandoffReport[] = []
  for (const report of reports) {
    list.push(report)
    if (pace.due()) await pace.pause()
  }
  return list
}

export function failureReport(
  totalMs: number,
  handoffs: readonly HandoffReport[],
  worst: LongestStretch,
): FailureReport {
  const pauseMs = handoffs.reduce((longest, handoff) => Math.max(longest, handoff.pauseMs), 0)
  return { totalMs, handoffs, pauseMs, ...worst }
}

/** A strategy's judgement of one key, or of one live resource. */
export interface CompatEntry {
  readonly surface: string
  readonly key: string
  /**
   * What was judged: a new provider of the key, that nothing provides it any more, or one resource as it is handed
   * over.
   */
  readonly step: 'checkCompat' | 'checkRemoval' | 'handoff'
  /** The plugin whose provider was judged, where a host said. */
  readonly plugin?: string
  /** The live resource, where the verdict is of its handoff. */
  readonly resource?: string
  readonly verdict: CountedVerdict
}

export interface CompatReport {
  /**
   * False where any verdict refuses the reload: `incompatible`, or `unjudged` where the host refuses that, and nobody
   * accepts it.
   */
  readonly compatible: boolean
  readonly entries: readonly CompatEntry[]
}
