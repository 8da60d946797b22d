import type { Callee, Fault, Method } from './calls.js'
import { isHeld } from './holders.js'
import { askedBy, isGoing, ownerOf, versionOf } from './model.js'
import type { ResourceData } from './resource-data.js'
import type { OperationTask } from './task.js'
import { kindOf, type ResourceId, type VersionData } from './version-data.js'
import type { View } from './view.js'
import { DRAIN_MS, TIMEOUT_MS } from './timing.js'
import type { World } from './world.js'

/** What an operation is refused with where a call of this method fails; none where the failure is only reported. */
const CODES: Partial<Record<Method, string>> = {
  register: 'PLUGIN',
  init: 'PLUGIN',
  checkCompat: 'SCHEMA_INCOMPAT',
  open: 'HANDOFF',
  observe: 'HANDOFF',
  persist: 'HANDOFF',
  verify: 'HANDOFF',
  apply: 'HANDOFF',
  close: 'HANDOFF',
}

/** Calls that a reload makes only before its commit, and cannot do without. */
const NEEDED_OF_NEXT: readonly Method[] = ['register', 'init', 'checkCompat', 'open', 'verify', 'apply']
const NEEDED_OF_OLD: readonly Method[] = ['observe', 'persist']

/** What follows from a fault that has just struck: who may fail of it, and who must. */
export function noteFault(world: World, { caller, kind }: Callee, method: Method, fault: Fault): void {
  const resource: ResourceId | undefined = kind && `${kind}/${caller.id}`
  world.troubled.add(caller.id)
  world.coverage.note(`fault in ${method}: ${fault}`)
  world.coverage.note(`any fault: ${fault}`)
  if (fault === 'hang') return
  const code = CODES[method]
  for (const task of world.model.operations) {
    if (!task.changes.some(({ id }) => id === caller.id)) continue
    // What fails with it is given up on in the middle of its calls.
    for (const id of task.ids) world.troubled.add(id)
    if (code !== undefined) task.may.add(code)
    // A dry run that cannot be undone has not gone well.
    if (method === 'shutdown' && task.dryRun) task.may.add('HANDOFF')
    // A resource that is being detached may leave the operation, with all that failed of it.
    if (resource !== undefined && isGoing(world.model, resource)) continue
    if (isNeeded(world, task, caller, method) && !isUnjudged(task, method, fault))
      task.broken.set(resource, `${method} of ${caller.label} failed`)
  }
  for (const task of world.model.operations) {
    if (task.ids.has(caller.id) || !askedBy(task).has(caller.id) || code === undefined) continue
    // What opens something for it fails.
    task.may.add(code)
    for (const id of askedBy(task)) world.troubled.add(id)
  }
  if (method === 'close')
    for (const [{ id }, { owners, may }] of world.model.letGone)
      if (owners.has(caller) && kindOf(id) === kind) may.add('HANDOFF')
  for (const task of world.model.tasks) {
    if (!task.ids.has(caller.id)) continue
    if (method === 'open') for (const it of ['HANDOFF', 'RESOURCE_HALTED']) task.may.add(it)
    if (method === 'close') task.may.add('HANDOFF')
    if (method === 'apply') task.may.add('refused')
  }
}

/** The host has taken out of service what a plugin no longer has it open, and closes it. */
export function noteLetGone({ model, serving }: World, data: ResourceData): void {
  // Whether its provider was replaced before or after that in the same turn cannot be seen.
  const owners = [serving.get(data.id)?.owner.data, ownerOf(model, data.id)].filter((owner) => owner !== undefined)
  model.letGone.set(data, { owners: new Set(owners), may: new Set() })
}

/** Up to its commit, an operation whose caller aborts is rolled back. */
export function noteAbort(world: World, task: OperationTask): void {
  world.look()
  task.may.add('ABORTED')
  for (const id of task.ids) world.troubled.add(id)
  if (!task.committed && !task.dryRun) task.broken.set(undefined, 'its caller aborted it')
}

function isNeeded(
  { model }: World,
  { changes, committed, refused }: OperationTask,
  caller: VersionData,
  method: Method,
): boolean {
  if (committed || refused !== undefined) return false
  if (changes.some(({ next }) => next?.label === caller.label)) return NEEDED_OF_NEXT.includes(method)
  return versionOf(model, caller.id)?.label === caller.label && NEEDED_OF_OLD.includes(method)
}

/** A dry run of an exclusive cutover opens nothing, so nothing is held to what was observed. */
function isUnjudged({ dryRun, cutover }: OperationTask, method: Method, fault: Fault): boolean {
  return dryRun && cutover === 'exclusive' && method === 'observe' && fault === 'nonsense'
}

/** What the present state of affairs lets the calls under way end with. */
export function noteTaskCauses(world: World, view: View): void {
  const { model, calls } = world
  const overdue = new Set(
    [...calls.pending].filter(({ elapsedMs }) => elapsedMs >= TIMEOUT_MS).map(({ caller }) => caller.id),
  )
  for (const task of model.operations) {
    if (task.elapsedMs >= TIMEOUT_MS)
      for (const code of task.dryRun ? ['STEP_TIMEOUT', 'HANDOFF'] : ['STEP_TIMEOUT']) task.may.add(code)
    // Resources are read between two writes while they are judged.
    if ([...task.ids].some((id) => overdue.has(id))) task.may.add('RESOURCE_STUCK')
    if (
      task.elapsedMs >= DRAIN_MS &&
      task.cutover === 'exclusive' &&
      !task.dryRun &&
      !task.force &&
      isHeld(world, task)
    )
      task.may.add('DRAIN_TIMEOUT')
  }
  for (const task of model.operations) {
    const openers = [...askedBy(task)].filter((id) => !task.ids.has(id))
    if ([...model.operations].some((other) => other !== task && openers.some((id) => other.ids.has(id))))
      task.may.add('RELOAD_IN_PROGRESS')
    if (model.coming.some((resource) => opensAny(task, resource))) task.may.add('DUPLICATE')
  }
  // One that is started again in the middle of a reload is not stopped under whoever sees it from then on.
  for (const { cutover, changes, may } of model.operations) {
    if (
      cutover === 'overlap' &&
      changes.some(({ id }) => versionOf(model, id)?.keys.some((key) => world.halted.has(key)))
    )
      may.add('HANDOFF')
  }
  for (const { owners, may } of model.letGone.values())
    if ([...calls.pending].some(({ caller, elapsedMs }) => elapsedMs >= TIMEOUT_MS && owners.has(caller)))
      may.add('STEP_TIMEOUT')
  for (const task of model.tasks) {
    const { resource, data, may, ids, kind } = task
    if (resource !== undefined) {
      const owner = ownerOf(model, resource)
      if (owner !== undefined) ids.add(owner.id)
      else if (kind === 'attach') may.add('PROVIDER_NOT_FOUND')
      const present = model.resources.get(resource)
      const taken = present !== undefined || [...model.operations].some((task) => opensAny(task, resource))
      if (kind === 'attach' && taken) may.add('DUPLICATE')
      if (data !== undefined && data !== present) may.add('RESOURCE_CLOSED')
      if (view.resources.get(resource) === 'halted') may.add('RESOURCE_HALTED')
      // Detaching twice is detaching once: the host has done so before.
      const before = kind === 'detach' && data !== undefined ? model.letGone.get(data) : undefined
      for (const code of before?.may ?? []) may.add(code)
    }
    const stuck = [...ids].some((id) => overdue.has(id))
    if (task.elapsedMs >= TIMEOUT_MS || stuck) may.add('STEP_TIMEOUT')
    if (stuck) may.add('RESOURCE_STUCK')
  }
}

const opensAny = ({ changes }: OperationTask, resource: ResourceId): boolean =>
  changes.some(({ next }) => next?.opens.includes(resource))
