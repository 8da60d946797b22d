import type { Cutover } from '../../strategy.js'

export const POSITIONS = ['first', 'middle', 'last'] as const

/** A plugin that the reload does not name, and that nothing in the reload may touch. */
export const BYSTANDER = 'bystander'

/** The deadline of each call, in milliseconds of the cell's `ManualClock`. */
export const DEADLINE_MS = 100

/** The circumstances of a reload, apart from its fault. */
export interface Circumstances {
  readonly cutover: Cutover
  /** One plugin whose resources move one after the other, or one plugin for each resource, reloaded together. */
  readonly arrangement: 'one plugin' | 'three plugins'
  /** How the reload ends without a fault. One that is aborted at its commit undoes everything that can be undone. */
  readonly course: 'commits' | 'is aborted at the commit' | 'is a dry run'
}

export const ALL_CIRCUMSTANCES: readonly Circumstances[] = (['overlap', 'exclusive'] as const).flatMap((cutover) =>
  (['one plugin', 'three plugins'] as const).flatMap((arrangement) =>
    (['commits', 'is aborted at the commit', 'is a dry run'] as const).map((course) => ({
      cutover,
      arrangement,
      course,
    })),
  ),
)

export function describe({ cutover, arrangement, course }: Circumstances): string {
  return `${cutover}, ${arrangement}${course === 'commits' ? '' : `, ${course}`}`
}

/** Pairs each cutover with one arrangement, for where it need not be tried with both. */
export function isPair({ cutover, arrangement }: Circumstances): boolean {
  return (cutover === 'overlap') === (arrangement === 'one plugin')
}
