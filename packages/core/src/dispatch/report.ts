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
  handoffs: readonly AttemptedHandoff[],
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
