import type { BakeGiven } from './bake-given.js'
import type { ResourceData } from './resource-data.js'
import type { OperationTask } from './task.js'
import type { ResourceId, VersionData } from './version-data.js'
import type { WatchedStore } from './watched.js'

/** What served before a reload, and is to serve as it is when that is taken back. */
interface Kept {
  readonly store: WatchedStore
  readonly data: ResourceData
  /** How many writes had been answered by then. */
  readonly written: number
}

/** The time after a commit in which it can be taken back, in plain data. */
export interface Period {
  readonly task: OperationTask
  readonly given: BakeGiven
  /** What it goes back to, in the order of the changes. */
  readonly from: readonly VersionData[]
  readonly kept: Map<ResourceId, Kept>
  leftMs: number
  /** When somebody is asked next, at the earliest. */
  dueAt: number
  asked: number
  asking: { elapsedMs: number } | undefined
  /** Why it has to be taken back. */
  bad: string | undefined
  /** The host has asked for it to be taken back. */
  wanted: boolean
  /** It is over, and all is well. */
  good: boolean
  superseded: boolean
  /** Calls that make it permanent, those that have not ended among them. */
  accepts: number
  /** The operation that takes it back, once it has begun. */
  back: OperationTask | undefined
  /** The journal refused to make it permanent. */
  troubled: boolean
  /** What the observer was told of its end. */
  told: string | undefined
}

export function beginPeriod(task: OperationTask, given: BakeGiven, from: readonly VersionData[], now: number): Period {
  return {
    task,
    given,
    from,
    kept: new Map(),
    leftMs: given.ms,
    dueAt: now + Math.min(given.ms, given.everyMs),
    asked: 0,
    asking: undefined,
    bad: undefined,
    wanted: false,
    good: false,
    superseded: false,
    accepts: 0,
    back: undefined,
    troubled: false,
    told: undefined,
  }
}

/** Nothing has happened yet that could end it: what it goes back to has to be there. */
export function isOn({ superseded, good, accepts, back }: Period): boolean {
  return !superseded && !good && accepts === 0 && back?.committed !== true
}

/** A good answer: the next question comes after the next interval, if there is one. */
export function goOn(period: Period, now: number): void {
  const { everyMs } = period.given
  period.leftMs -= everyMs
  if (period.leftMs > 0) period.dueAt = now + Math.min(period.leftMs, everyMs)
  else period.good = true
}

/** How it may end as things stand. Once it is being taken back nothing else ends it. */
export function outcomes({ superseded, good, accepts, back }: Period): string[] {
  if (back !== undefined) return [back.committed ? 'taken-back' : 'stranded']
  return [...(superseded ? ['superseded'] : []), ...(good ? ['healthy'] : []), ...(accepts > 0 ? ['accepted'] : [])]
}

/** The period in which the version with this label can be taken back. */
export function periodOf(periods: ReadonlySet<Period>, label: string): Period | undefined {
  return [...periods].find(({ task }) => task.changes.some(({ next }) => next?.label === label))
}
