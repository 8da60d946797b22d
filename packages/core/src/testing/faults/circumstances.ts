import type { Cutover } from '../../strategy.js'

export const POSITIONS = ['first', 'middle', 'last'] as const

/** The plugin beside those that are reloaded: nothing that happens to them may touch it. */
export const BYSTANDER = 'bystander'

/** Milliseconds that each call has, by the clock of the run. */
export const DEADLINE_MS = 100

/** What a reload runs under, whatever fault strikes it. */
export interface Circumstances {
  readonly cutover: Cutover
  /** One plugin whose resources move one at a time, or one plugin for each, reloaded together and at the same time. */
  readonly arrangement: 'one plugin' | 'three plugins'
  /** How it would go without a fault. A reload that is aborted at its commit undoes everything there is to undo. */
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

/** Where not every cutover is tried with every arrangement: each with one. */
export function isPair({ cutover, arrangement }: Circumstances): boolean {
  return (cutover === 'overlap') === (arrangement === 'one plugin')
}
