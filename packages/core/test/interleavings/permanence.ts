import type { Model } from './model.js'
import type { OperationTask } from './task.js'
import { ID_DEPENDED_ON, ID_THAT_DEPENDS, type VersionData } from './version-data.js'

/** The version that a crash comes back on, and the number of the operation that brought it. */
export interface PermanentVersion {
  readonly version: VersionData
  readonly order: number
}

/** What `task` brought is permanent, together; but for a plugin that has gone or has a later permanent version. */
export function settle(model: Model, task: OperationTask): void {
  for (const [id, settled] of after(model.permanent, [task])) model.permanent.set(id, settled)
}

/** Whether a dependency keeps `task` from being made permanent: for certain, and whichever of those under way come first. */
export function dependency({ permanent, settling }: Model, task: OperationTask): { readonly must: boolean; readonly may: boolean } {
  const cases = [[task], ...settling.map((other) => [other, task]), [...settling, task]]
  const broken = cases.map((tasks) => !fits(after(permanent, tasks)))
  return { must: broken.every(Boolean), may: broken.some(Boolean) }
}

type Versions = ReadonlyMap<string, PermanentVersion>

function after(permanent: Versions, tasks: readonly OperationTask[]): Versions {
  const versions = new Map(permanent)
  for (const { order, changes } of tasks) {
    for (const { id, next } of changes) {
      const current = versions.get(id)
      if (next !== undefined && current !== undefined && current.order < order) versions.set(id, { version: next, order })
    }
  }
  return versions
}

function fits(versions: Versions): boolean {
  return !versions.has(ID_THAT_DEPENDS) || versions.get(ID_DEPENDED_ON)?.version.major === 1
}
