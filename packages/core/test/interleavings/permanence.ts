import type { OperationTask } from './task.js'
import { ID_DEPENDED_ON, ID_THAT_DEPENDS, type VersionData } from './version-data.js'

/** The version that a crash comes back on, and the number of the operation that brought it. */
interface PermanentVersion {
  readonly version: VersionData
  readonly order: number
}

/** The part of the model that says what is permanent. */
export interface PermanenceModel {
  /** Counts the changes to plugins and resources. */
  revision: number
  /** The active plugins in the order of `host.plugins()`. */
  readonly plugins: { version: VersionData; generation: number }[]
  /** Whether there is a journal. Without one nothing comes back after a crash, and nothing is refused for its sake. */
  readonly journaled: boolean
  /** The permanent version of each plugin, by id. */
  readonly permanent: Map<string, PermanentVersion>
  /** The operations whose versions are being made permanent, once for each call. */
  readonly settling: OperationTask[]
}

/** What `task` brought is permanent, together; but for a plugin that has gone or has a later permanent version. */
export function settle(model: PermanenceModel, task: OperationTask): void {
  model.revision += 1
  for (const [id, settled] of after(model.permanent, [task])) model.permanent.set(id, settled)
}

/** Whether something is refused: for certain, and by some order in which what is under way may come. */
interface Refused {
  readonly must: boolean
  readonly may: boolean
}

/** Whether a dependency keeps `task` from being made permanent. */
export function dependency({ permanent, settling }: PermanenceModel, task: OperationTask): Refused {
  const cases = [[task], ...settling.map((other) => [other, task]), [...settling, task]]
  return refusedIn(cases.map((tasks) => after(permanent, tasks)))
}

/** Whether what `task` installs, and makes permanent by that, does not go with what is permanent of others. */
export function dependencyOfInstall(
  { permanent, settling, journaled, plugins }: PermanenceModel,
  { changes, order }: OperationTask,
): Refused {
  const fresh = changes.flatMap(({ id, next }) =>
    next === undefined || plugins.some(({ version }) => version.id === id)
      ? []
      : [[id, { version: next, order }] as const],
  )
  if (!journaled || fresh.length === 0) return { must: false, may: false }
  const cases = [[], ...settling.map((other) => [other]), settling]
  return refusedIn(cases.map((tasks) => new Map([...after(permanent, tasks), ...fresh])))
}

function refusedIn(cases: readonly Versions[]): Refused {
  const broken = cases.map((versions) => !fits(versions))
  return { must: broken.every(Boolean), may: broken.some(Boolean) }
}

type Versions = ReadonlyMap<string, PermanentVersion>

function after(permanent: Versions, tasks: readonly OperationTask[]): Versions {
  const versions = new Map(permanent)
  for (const { order, changes } of tasks) {
    for (const { id, next } of changes) {
      const current = versions.get(id)
      if (next !== undefined && current !== undefined && current.order < order)
        versions.set(id, { version: next, order })
    }
  }
  return versions
}

function fits(versions: Versions): boolean {
  return !versions.has(ID_THAT_DEPENDS) || versions.get(ID_DEPENDED_ON)?.version.major === 1
}
