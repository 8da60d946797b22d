import type { Cutover } from '../../strategy.js'

export const POSITIONS = ['first', 'middle', 'last'] as const

/** The plugin beside those that are reloaded: nothing that happens to them may touch it. */
export const BYSTANDER = 'bystander'

/** The deadline of each call, in milliseconds of the run's clock. */
export const DEADLINE_MS = 100

/** What a reload runs under, whatever fault strikes it. */
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

/** Whether this cutover is tried with this arrangement, where each cutover is tried with one arrangement only. */
export function isPair({ cutover, arrangement }: Circumstances): boolean {
  return (cutover === 'overlap') === (arrangement === 'one plugin')
}
