import { checkKept, checkLeftOver } from './finalization.js'
import { isHeld, isOpener, overlaps } from './holders.js'
import { compareRecovery } from './kept.js'
import { askedBy, ownerOf, type Model } from './model.js'
import { isOn, type Period } from './period.js'
import { text, type OperationTask, type Task } from './task.js'
import type { World } from './world.js'

/**
 * I8, I11: where nothing happens any more by itself, whatever has not ended is waiting for somebody who can be named.
 */
export function checkProgress(world: World): void {
  const { model, host } = world
  compareRecovery(world)
  checkLeftOver(world)
  checkKept(world)
  const answering = new Set([...world.calls.pending].map(({ caller }) => caller.id))
  const changing = new Set([...model.operations].flatMap(({ ids }) => [...ids]))
  for (const task of model.operations) {
    const waits =
      overlaps(askedBy(task), answering) ||
      waitsForOpener(model, task) ||
      (task.cutover === 'exclusive' && isHeld(world, task))
    world.must(waits, () => `I8, I11: ${text(task)} has not ended, and waits for nobody`)
  }
  for (const { id } of model.letGo) {
    const owner = ownerOf(model, id)?.id
    world.must(
      owner !== undefined && changing.has(owner),
      () => `O16: ${id} was let go by the plugin that had it opened, and is still in service`,
    )
  }
  const listed = host
    .plugins()
    .filter(({ state }) => state === 'retired')
    .map(({ id, version }) => `${id}@${version}`)
  for (const period of model.periods) {
    for (const { label } of period.from)
      world.must(!isOn(period) || listed.includes(label), () => `I10: ${label} can come back, and is not listed`)
    world.must(
      waitsForItsTime(world, period),
      () => `I8: the period of ${text(period.task)} is not over, and waits for nobody`,
    )
  }
  for (const task of model.tasks) {
    const waits = overlaps(task.ids, answering) || overlaps(task.ids, changing) || waitsForLeases(world, task)
    world.must(waits, () => `I8: ${task.kind} ${task.resource ?? [...task.ids]} has not ended, and waits for nobody`)
  }
}

/** What opens something for it is being replaced. */
function waitsForOpener({ operations }: Model, task: OperationTask): boolean {
  const openers = new Set([...askedBy(task)].filter((id) => !task.ids.has(id)))
  return [...operations].some(({ ids }) => overlaps(ids, openers))
}

/** For the next question or its answer, for its way back, or for what is changing its plugins. */
function waitsForItsTime({ model }: World, { asking, back, bad, dueAt, task }: Period): boolean {
  if (asking !== undefined || back !== undefined) return true
  if (bad === undefined) return model.now < dueAt
  return [...model.operations].some(({ ids }) => overlaps(ids, task.ids))
}

/** I11: work that names what it uses waits for the exclusive operations of its owner, and of nobody else. */
export function waitsForFence(model: Model, { resource }: Task): boolean {
  const owner = resource && ownerOf(model, resource)
  return [...model.operations].some(
    ({ cutover, ids }) =>
      cutover === 'exclusive' && (resource === undefined || (owner !== undefined && ids.has(owner.id))),
  )
}

function waitsForLeases({ leases, model }: World, task: Task): boolean {
  const { kind, resource, ids } = task
  if (task.kind === 'captureReady') return waitsForFence(model, task)
  if (kind === 'takeBack') return [...model.periods].some((period) => overlaps(ids, period.task.ids))
  if (kind === 'finalization' && isOpener(model, ids)) return true
  if (kind === 'finalization' && [...model.periods].some(({ task }) => task.ids === ids)) return true
  if (kind === 'finalization' || kind === 'detach') return leases.length > 0
  return resource !== undefined && ownerOf(model, resource) === undefined && leases.length > 0
}
