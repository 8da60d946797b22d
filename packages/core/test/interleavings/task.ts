import type { BakeGiven } from './bake-given.js'
import type { ResourceData } from './resource-data.js'
import type { ResourceId, VersionData } from './version-data.js'

/** What an operation does to one plugin; without a next version it is removed. */
export interface Change {
  readonly id: string
  readonly next: VersionData | undefined
}

/** One call of the host that has begun and whose promise has not settled. */
export interface Task {
  readonly kind: string
  /** The plugins it may have to wait for. */
  readonly ids: Set<string>
  /** Milliseconds that have passed since it began. */
  elapsedMs: number
  /** The resource it is about, if it is about one. */
  readonly resource?: ResourceId
  /** What it works with: another of its name may have been attached since. */
  readonly data?: ResourceData
  /** Codes that it may end with. */
  readonly may: Set<string>
}

export interface OperationTask extends Task {
  readonly changes: readonly Change[]
  readonly cutover: 'overlap' | 'exclusive'
  readonly onOrphan: 'reject' | 'close'
  readonly dryRun: boolean
  readonly reopens: boolean
  readonly force: boolean
  /** The period that follows, in which it can be taken back. */
  readonly bake: BakeGiven | undefined
  /** Orders the operations by when they began. */
  readonly order: number
  /** How the host numbers it, once it is committed. */
  number: number | undefined
  /** The plugins that were installed when it began, and have been since. */
  readonly installedBefore: Set<string>
  /** The version that needed what is replaced, when it began. */
  readonly neededBy: string | undefined
  /** What it was refused with before anything began. */
  refused: string | undefined
  committed: boolean
  /** The revision of the model at which its causes were looked for last. */
  judgedAt: number
  /** Codes whose cause was there whenever anybody looked: while there is one, it cannot commit. */
  always: Set<string> | undefined
  /** Why it cannot go on: calls that failed, by the resource that they were made for, if any. */
  readonly broken: Map<ResourceId | undefined, string>
  /** As they were at its commit: what it handed over, what it closed, what it retired, and the generations it made. */
  moved: readonly ResourceId[]
  /** Those of them that were being attached or detached, and may not have been there. */
  unsure: readonly ResourceId[]
  closed: readonly ResourceId[]
  /** What it was asked to open for its plugins, so that nobody else has that name until it is over. */
  readonly opened: Set<ResourceId>
  /** What was in service while it went on: that need not be opened, and may have left since. */
  readonly mayLack: Set<ResourceId>
  retired: readonly string[]
  readonly generations: Map<string, number>
}

export function text({ kind, changes }: OperationTask): string {
  return `${kind} ${changes.map(({ id, next }) => next?.label ?? id).join(', ')}`
}
