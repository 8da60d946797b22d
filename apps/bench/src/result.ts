/** The middle and the two ends of what was measured, over all rounds. */
export interface Spread {
  readonly median: number
  readonly min: number
  readonly max: number
}

/** What was measured in the same run, for comparison. */
export interface Peer extends Spread {
  readonly name: string
  readonly version: string
}

/** The answer to one question, in one size. */
export interface Result {
  /** The question, and what of it: `commit/1000`. */
  readonly id: string
  readonly question: string
  readonly unit: Unit
  readonly ours: Spread
  readonly peers: readonly Peer[]
  /** Our median over that of the first peer; where there is none, over the limit; where there is neither, `null`. */
  readonly ratio: number | null
  /** What the project allows itself at most, in the same unit. Only said, never enforced. */
  readonly limit: number | null
}

export type Unit = 'ns' | 'µs' | 'ms' | 'GB/s' | 'MiB' | 'KiB' | 'bytes' | 'queries' | 'documents' | '×'

export function spreadOf(samples: readonly number[]): Spread {
  const sorted = [...samples].sort((a, b) => a - b)
  const middle = sorted.length / 2
  const low = sorted[Math.ceil(middle) - 1]
  const high = sorted[Math.floor(middle)]
  if (low === undefined || high === undefined) throw new Error('nothing was measured')
  return { median: (low + high) / 2, min: sorted[0] as number, max: sorted.at(-1) as number }
}
