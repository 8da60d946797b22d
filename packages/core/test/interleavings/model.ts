import { beginPeriod, type Period } from './period.js'
import { dependencyOfInstall, type PermanenceModel } from './permanence.js'
import type { ResourceData } from './resource-data.js'
import type { OperationTask, Task } from './task.js'
import {
  GUEST,
  ID_THAT_DEPENDS,
  ID_DEPENDED_ON,
  kindOf,
  openedWith,
  type ResourceId,
  type VersionData,
} from './version-data.js'

/** The detach that the host has begun by itself. */
interface LetGone {
  /** The versions that may have to close it. */
  readonly owners: ReadonlySet<VersionData>
  /** Codes that its closing may end with. */
  readonly may: Set<string>
}

/** What the host ought to be like, in plain data and without any of its code. */
export interface Model extends PermanenceModel {
  /** Milliseconds that have passed. */
  now: number
  /** Which plugin is listed before which, as `a<b`: install order, which a reload keeps. */
  readonly before: Set<string>
  readonly resources: Map<ResourceId, ResourceData>
  readonly operations: Set<OperationTask>
  /** What clean resources keep when they are detached, as storages keep what is on the disk. */
  readonly kept: Map<ResourceId, ResourceData>
  /** What has ever been detached or closed as an orphan: it may still be open when another of its name is attached. */
  readonly left: Set<ResourceId>
  /** What is being attached, once for each time, and what is being detached. */
  readonly coming: ResourceId[]
  readonly going: Set<ResourceData>
  /** What plugins that stay have opened for one that no longer wants it: it is detached as soon as it can be. */
  readonly letGo: Set<ResourceData>
  /** Of those that have been: whoever detaches one later gets the outcome of that detach. */
  readonly letGone: Map<ResourceData, LetGone>
  /** The reloads that can still be taken back, until the host has told how that ended. */
  readonly periods: Set<Period>
  /** The period that each reload with a bake has begun, over or not. */
  readonly periodAfter: Map<OperationTask, Period>
  /** The generation in which a plugin was removed, by id. */
  readonly removed: Map<string, number>
  /** The operation that brought a version, by its label. */
  readonly brought: Map<string, OperationTask>
  /** Every other call that has not settled. */
  readonly tasks: Set<Task>
}

export function emptyModel(journaled: boolean): Model {
  return {
    revision: 0,
    now: 0,
    plugins: [],
    before: new Set(),
    resources: new Map(),
    operations: new Set(),
    kept: new Map(),
    left: new Set(),
    coming: [],
    going: new Set(),
    letGo: new Set(),
    letGone: new Map(),
    periods: new Set(),
    periodAfter: new Map(),
    journaled,
    permanent: new Map(),
    removed: new Map(),
    settling: [],
    brought: new Map(),
    tasks: new Set(),
  }
}

export const versionOf = (model: Model, id: string): VersionData | undefined =>
  model.plugins.find(({ version }) => version.id === id)?.version
export const ownerOf = (model: Model, resource: ResourceId): VersionData | undefined =>
  model.plugins.find(({ version }) => version.keys.includes(openedWith(resource)))?.version

/** The versions that would be installed after the changes of `task`, by plugin id. */
function afterwards(model: Model, task: OperationTask): Map<string, VersionData> {
  const versions = new Map(model.plugins.map(({ version }) => [version.id, version]))
  for (const { id, next } of task.changes) {
    if (next === undefined) versions.delete(id)
    else versions.set(id, next)
  }
  return versions
}

/** What becomes of each resource that an operation concerns. */
interface Fates {
  readonly moved: readonly ResourceId[]
  /** Those whose key nothing would provide any more. */
  readonly orphans: readonly ResourceId[]
  /**
   * Those that their plugins no longer have the host open: closed with what has opened them, or detached from what
   * stays.
   */
  readonly closed: readonly ResourceId[]
  readonly detached: readonly ResourceId[]
}

function fatesOf(model: Model, task: OperationTask): Fates {
  const retired = task.changes.flatMap(({ id }) => versionOf(model, id)?.keys ?? [])
  const provided = task.changes.flatMap(({ next }) => next?.keys ?? [])
  const resources = [...model.resources.values()]
  const isRetired = ({ id }: ResourceData): boolean => retired.includes(openedWith(id))
  const isLetGo = ({ id, openedBy }: ResourceData): boolean =>
    task.changes.some((change) => change.id === openedBy && change.next?.opens.includes(id) !== true)
  const goesOn = resources.filter((data) => isRetired(data) && !isLetGo(data)).map(({ id }) => id)
  const letGo = resources.filter(isLetGo)
  return {
    moved: goesOn.filter((id) => provided.includes(openedWith(id))),
    orphans: goesOn.filter((id) => !provided.includes(openedWith(id))),
    closed: letGo.filter(isRetired).map(({ id }) => id),
    detached: letGo.filter((data) => !isRetired(data)).map(({ id }) => id),
  }
}

/** Why an operation could not begin to open what its plugins have the host open, as things stand. */
export function cannotOpen(model: Model, task: OperationTask): string[] {
  const keys = [...afterwards(model, task).values()].flatMap((version) => version.keys)
  return task.changes.some(({ next }) => next?.opens.some((resource) => !keys.includes(openedWith(resource))))
    ? ['PROVIDER_NOT_FOUND']
    : []
}

/** The plugins that answer for an operation: its own, and those whose providers open what it has the host open. */
export function askedBy({ changes, ids }: OperationTask): ReadonlySet<string> {
  return changes.some(({ next }) => next?.opens.includes(GUEST)) ? new Set([...ids, ID_DEPENDED_ON]) : ids
}

/** Why an operation could not be committed as things stand. */
export function obstacles(model: Model, task: OperationTask): string[] {
  const found: string[] = []
  const versions = [...afterwards(model, task).values()]
  const keys = versions.flatMap((version) => version.keys)
  if (new Set(keys).size < keys.length) found.push('DUPLICATE')
  const dependent = versions.some(({ id }) => id === ID_THAT_DEPENDS)
  if (dependent && !versions.some(({ id, major }) => id === ID_DEPENDED_ON && major === 1)) found.push('DEPENDENCY')
  else if (dependencyOfInstall(model, task).must) found.push('DEPENDENCY')
  if (task.onOrphan === 'reject' && fatesOf(model, task).orphans.length > 0) found.push('ORPHANED_RESOURCE')
  return found
}

/** Makes the commit of `task`. @param arrived the resources that were attached right before it, or right after it. */
export function commit(model: Model, task: OperationTask, arrived: ReadonlySet<ResourceId>): void {
  const { moved, orphans, closed, detached } = fatesOf(model, task)
  task.moved = moved
  task.unsure = task.moved.filter((resource) => isGoing(model, resource) || arrived.has(resource))
  task.closed = [...orphans, ...closed]
  task.retired = task.changes.flatMap(({ id }) => versionOf(model, id)?.label ?? [])
  for (const resource of task.closed) leave(model, resource)
  for (const resource of detached) {
    const data = model.resources.get(resource) as ResourceData
    model.going.add(data)
    model.letGo.add(data)
  }
  bake(model, task)
  for (const { id, next } of task.changes) {
    const at = model.plugins.findIndex(({ version }) => version.id === id)
    const former = model.plugins[at]
    if (former === undefined || next === undefined) forgetPlace(model, id)
    if (former === undefined) for (const other of task.installedBefore) model.before.add(`${other}<${id}`)
    if (next === undefined) model.plugins.splice(at, 1)
    else if (former === undefined) model.plugins.push({ version: next, generation: 0 })
    else model.plugins[at] = { version: next, generation: former.generation + 1 }
    if (next === undefined) model.removed.set(id, former?.generation ?? 0)
    else model.removed.delete(id)
    if (next === undefined) model.permanent.delete(id)
    else if (former === undefined) model.permanent.set(id, { version: next, order: task.order })
    if (next !== undefined) task.generations.set(id, (former?.generation ?? -1) + 1)
  }
  task.committed = true
  model.revision += 1
}

/** The periods that a commit ends, and the one that it begins. */
function bake(model: Model, task: OperationTask): void {
  for (const period of model.periods) {
    if (period.back !== task && task.changes.some(({ id }) => period.task.ids.has(id))) period.superseded = true
  }
  if (task.bake === undefined) return
  const from = task.changes.flatMap(({ id }) => versionOf(model, id) ?? [])
  const period = beginPeriod(task, task.bake, from, model.now)
  model.periodAfter.set(task, period)
  model.periods.add(period)
}

function forgetPlace({ before, operations }: Model, id: string): void {
  for (const { installedBefore } of operations) installedBefore.delete(id)
  for (const pair of before) if (pair.startsWith(`${id}<`) || pair.endsWith(`<${id}`)) before.delete(pair)
}

/** Whether what is there now is being detached; another of its name may be, too. */
export function isGoing({ resources, going }: Model, resource: ResourceId): boolean {
  const data = resources.get(resource)
  return data !== undefined && going.has(data)
}

/** A resource is seen to be there: another one each time, of what it keeps or of nothing. */
export function arrive(model: Model, resource: ResourceId, openedBy?: string): ResourceData {
  const data: ResourceData = {
    ...(model.kept.get(resource) ?? {
      id: resource,
      issued: [],
      acknowledged: new Set(),
      log: new Set(),
      refused: new Set(),
      delivering: false,
      uncertain: false,
    }),
    openedBy,
  }
  if (kindOf(resource) === 'clean') model.kept.set(resource, data)
  model.resources.set(resource, data)
  model.revision += 1
  for (const { mayLack } of model.operations) mayLack.add(resource)
  return data
}

/** A resource is seen to have gone. */
export function leave(model: Model, resource: ResourceId): void {
  model.letGo.delete(model.resources.get(resource) as ResourceData)
  model.resources.delete(resource)
  model.left.add(resource)
  model.revision += 1
}
