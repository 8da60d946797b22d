import type { Method } from './calls.js'
import type { Model, ResourceData } from './model.js'
import type { OperationTask } from './task.js'
import type { ResourceId, VersionData } from './version-data.js'
import type { WatchedStore } from './watched.js'

/** What `healthy` does when it is asked. */
export const ANSWERS = ['yes', 'no', 'throw', 'reject', 'hang', 'nonsense'] as const
export type Answer = (typeof ANSWERS)[number]

export const BREAKS_BACK = ['checkCompat', 'persist', 'open', 'open', 'apply'] as const satisfies readonly Method[]
type BreaksBack = (typeof BREAKS_BACK)[number]

export interface BakeGiven {
  readonly ms: number
  readonly everyMs: number
  /** One after another, the last of them for ever; where there is none, nobody is asked. */
  readonly answers: readonly Answer[]
  /** It answers without promises. */
  readonly prompt: boolean
  /** What the old version fails at when it is to serve again, or the new one when it is to give back. */
  readonly breaks: BreaksBack | undefined
}

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

export function beginPeriod(model: Model, task: OperationTask, given: BakeGiven, from: readonly VersionData[]): Period {
  return {
    task,
    given,
    from,
    kept: new Map(),
    leftMs: given.ms,
    dueAt: model.now + Math.min(given.ms, given.everyMs),
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

export function periodOf({ periods }: Model, label: string): Period | undefined {
  return [...periods].find(({ task }) => task.changes.some(({ next }) => next?.label === label))
}
