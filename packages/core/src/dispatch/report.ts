import type { AttemptedHandoff, FailureReport } from '../failure-report.js'
import type { HandoffReport } from '../handoff-report.js'
import type { Pace } from '../pace.js'
import type { CountedVerdict } from './judging.js'
import type { LongestStretch } from './stretch-meter.js'

/** A key of a surface. */
export interface SurfaceKey {
  readonly surface: string
  readonly key: string
}

/** The reports of many resources, made in slices. */
async function listed(reports: Iterable<HandoffReport>, pace: Pace): Promise<HandoffReport[]> {
  const list: HandoffReport[] = []
  for (const report of reports) {
    list.push(report)
    if (pace.due()) await pace.pause()
  }
  return list
}

/** What handoffs come to together. */
export interface HandoffTotals {
  /** The longest that any of them held a write, in milliseconds. */
  pauseMs: number
  bytes: number
  replayedWrites: number
}

/** Adds up in slices. */
export async function totalsOf(handoffs: Iterable<AttemptedHandoff>, pace: Pace): Promise<HandoffTotals> {
  const totals: HandoffTotals = { pauseMs: 0, bytes: 0, replayedWrites: 0 }
  for (const { pauseMs, bytes, replayedWrites } of handoffs) {
    totals.pauseMs = Math.max(totals.pauseMs, pauseMs)
    totals.bytes += bytes
    totals.replayedWrites += replayedWrites
    if (pace.due()) await pace.pause()
  }
  return totals
}

/** Made in slices. */
export async function failureReport(
  totalMs: number,
  reports: Iterable<HandoffReport>,
  worst: LongestStretch,
  pace: Pace,
): Promise<FailureReport> {
  const handoffs = await listed(reports, pace)
  const { pauseMs } = await totalsOf(handoffs, pace)
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
  readonly plugin?: string | undefined
  /** The live resource, where the verdict is of its handoff. */
  readonly resource?: string | undefined
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
