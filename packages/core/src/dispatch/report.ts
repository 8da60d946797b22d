import type { AttemptedHandoff, FailureReport } from '../failure-report.js'
import type { HandoffReport } from '../handoff-report.js'
import type { Pace } from '../pace.js'
import type { CountedVerdict } from './judging.js'
import type { LongestStretch } from './stretch-meter.js'

export interface SurfaceKey {
  readonly surface: string
  readonly key: string
}

async function listed(reports: Iterable<HandoffReport>, pace: Pace): Promise<HandoffReport[]> {
  const list: HandoffReport[] = []
  for (const report of reports) {
    list.push(report)
    if (pace.due()) await pace.pause()
  }
  return list
}

/** Totals of all handoffs of a reload. */
export interface HandoffTotals {
  /** The longest that any of them held a write, in milliseconds. */
  pauseMs: number
  bytes: number
  replayedWrites: number
}

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

/** The verdict on one key, or on one live resource. */
export interface CompatEntry {
  readonly surface: string
  readonly key: string
  /**
   * What was judged: the new provider of the key, that it comes, that it goes, or one resource as it was handed over.
   */
  readonly step: 'checkCompat' | 'checkAddition' | 'checkRemoval' | 'handoff'
  /** The plugin whose provider was judged; absent where the dispatcher was not told. */
  readonly plugin?: string | undefined
  /** The live resource, where `step` is `handoff`. */
  readonly resource?: string | undefined
  readonly verdict: CountedVerdict
}

export interface CompatReport {
  /**
   * False where a verdict refuses the reload: it is `incompatible`, or `unjudged` and the host refuses that, and no
   * operator accepts the key.
   */
  readonly compatible: boolean
  readonly entries: readonly CompatEntry[]
}
