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
  /** Over how many rounds. */
  readonly rounds: number
  /** Our median over that of the first peer; where there is none, over the limit; where there is neither, `null`. */
  readonly ratio: number | null
  /** What the project aims at: at most that, or at least where more is better. Only said, never enforced. */
  readonly limit: number | null
  readonly limitOf: LimitOf
}

/** Whether a limit is of our median, in the same unit, or of the ratio. */
export type LimitOf = 'ours' | 'ratio'

/** Units of which more is better; of all else, less. */
const MORE_IS_BETTER: ReadonlySet<Unit> = new Set(['GB/s', 'writes/s'])

/** Whether the limit is kept: in every round, in the median alone, or not. @returns undefined where there is none. */
export function reached({ unit, ours, ratio, limit, limitOf }: Result): 'yes' | 'in the median' | 'no' | undefined {
  if (limit === null) return undefined
  const keeps = (value: number): boolean => (MORE_IS_BETTER.has(unit) ? value >= limit : value <= limit)
  if (limitOf === 'ratio') return ratio !== null && keeps(ratio) ? 'yes' : 'no'
  if (!keeps(ours.median)) return 'no'
  return keeps(ours.min) && keeps(ours.max) ? 'yes' : 'in the median'
}

export type Unit =
  | 'ns'
  | 'µs'
  | 'ms'
  | 'GB/s'
  | 'writes/s'
  | 'MiB'
  | 'KiB'
  | 'bytes'
  | 'queries'
  | 'calls'
  | 'documents'
  | 'edits'
  | 'clients'
  | 'calls'
  | '×'

export function spreadOf(samples: readonly number[]): Spread {
  const sorted = [...samples].sort((a, b) => a - b)
  const middle = sorted.length / 2
  const low = sorted[Math.ceil(middle) - 1]
  const high = sorted[Math.floor(middle)]
  if (low === undefined || high === undefined) throw new Error('nothing was measured')
  return { median: (low + high) / 2, min: sorted[0] as number, max: sorted.at(-1) as number }
}
