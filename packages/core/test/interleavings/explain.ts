import { noteLetGone } from './causes.js'
import { noteKept } from './kept.js'
import { noteOpened } from './opened.js'
import { arrive, cannotOpen, commit, isGoing, leave, obstacles, versionOf } from './model.js'
import { dependencyOfInstall } from './permanence.js'
import { text, type OperationTask } from './task.js'
import type { ResourceId } from './version-data.js'
import type { World } from './world.js'

/**
 * What the host shows has to follow from what the model was, by commits of operations that are under way: whole ones,
 * one after another, each of them legal at its turn (I1, I3, I11).
 *
 * @param active the labels of the active versions, by plugin id.
 */
export function explain(world: World, active: ReadonlyMap<string, string>, present: ReadonlySet<ResourceId>): void {
  const { model } = world
  const arrived = new Set<ResourceId>()
  noteObstacles(world)
  for (let changed = true; changed;) {
    for (const resource of model.coming) {
      if (model.resources.has(resource) || !present.has(resource)) continue
      // Nobody attaches what an operation has opened.
      if ([...model.operations].some((task) => task.opened.has(resource) && isSeen(world, task, active))) continue
      arrive(model, resource)
      arrived.add(resource)
    }
    const committed = nextSeen(world, active)
    // What was detached in the same turn may have gone before a commit or after it; the latter where both explain what
    // is seen.
    changed = committed === undefined ? depart(world, present) : true
    if (committed !== undefined) {
      commit(model, committed, arrived)
      noteKept(world, committed)
      noteOpened(world, committed, present)
    }
    noteObstacles(world)
  }
  for (const task of model.operations) {
    world.must(
      !isSeen(world, task, active),
      () => `I3: ${text(task)} was committed in spite of ${obstacles(model, task).join(', ')}`,
    )
    world.must(
      task.committed || !task.changes.some(({ id, next }) => next !== undefined && active.get(id) === next.label),
      () => `I1: only a part of ${text(task)} was committed`,
    )
  }
}

/** Of plugins that were installed in the same turn, the one that is listed first came first. */
function nextSeen(world: World, active: ReadonlyMap<string, string>): OperationTask | undefined {
  const { model } = world
  const seen = [...model.operations].filter(
    (task) => isSeen(world, task, active) && obstacles(model, task).length === 0,
  )
  if (seen[0]?.kind.startsWith('add') !== true) return seen[0]
  const added = new Map(
    seen.flatMap((task) => (task.kind.startsWith('add') ? task.changes.map(({ id }) => [id, task] as const) : [])),
  )
  return [...active.keys()].flatMap((id) => added.get(id) ?? [])[0]
}

function depart(world: World, present: ReadonlySet<ResourceId>): boolean {
  const { model } = world
  const gone = [...model.resources.values()].filter(({ id }) => isGoing(model, id) && !present.has(id))
  for (const data of gone) {
    if (model.letGo.has(data)) noteLetGone(world, data)
    leave(model, data.id)
  }
  return gone.length > 0
}

function isSeen(
  { model }: World,
  { changes, committed, refused, dryRun }: OperationTask,
  active: ReadonlyMap<string, string>,
): boolean {
  if (committed || dryRun || refused !== undefined) return false
  return changes.every(({ id, next }) =>
    next === undefined ? !active.has(id) && versionOf(model, id) !== undefined : active.get(id) === next.label,
  )
}

/** A cause that has not been there for one moment is no cause to fail for certain. */
function noteObstacles({ model }: World): void {
  for (const task of model.operations) {
    if (task.committed || task.refused !== undefined || task.judgedAt === model.revision) continue
    task.judgedAt = model.revision
    const now = [...obstacles(model, task), ...cannotOpen(model, task)]
    for (const code of now) task.may.add(code)
    if (dependencyOfInstall(model, task).may) task.may.add('DEPENDENCY')
    task.always = new Set(now.filter((code) => task.always === undefined || task.always.has(code)))
  }
}
