import type { LiveResource } from '@uni/reload-core'
import type { Store } from '../fixtures/store.js'
import type { EarlyWrite } from './declared.js'
import { observe } from './observe.js'
import { codeOf } from './outcome.js'
import type { Task } from './task.js'
import { kindOf, type ResourceId } from './version-data.js'
import type { WatchedPlugin } from './watched.js'
import type { World } from './world.js'

/**
 * A plugin has the host open a resource. What it writes before the commit waits for that; streams are given nothing.
 */
export function noteDeclared(
  world: World,
  { data: { id, label } }: WatchedPlugin,
  resource: ResourceId,
  handle: LiveResource<Store, number>,
): void {
  const early = kindOf(resource) === 'stop-and-copy' ? undefined : writeEarly(world, id, resource, handle)
  world.declared.set(label, [...(world.declared.get(label) ?? []), { resource, handle, early }])
}

/**
 * The host opens something for a plugin. What is in service is opened anew by the same function where it was halted, or
 * is reloaded with `from: 'open'`: no operation has asked for that because of what its version declares.
 */
export function noteOpening(world: World, { data }: WatchedPlugin, resource: ResourceId): void {
  observe(world)
  if (world.model.resources.has(resource)) return
  const task = [...world.model.operations].find(
    ({ changes, committed }) => !committed && changes.some(({ next }) => next === data),
  )
  task?.opened.add(resource)
}

/** O16: it is made once its version serves, and refused where that never comes. */
function endEarly(world: World, early: EarlyWrite, outcome: string): void {
  observe(world)
  const { task, number, state, data } = early
  const { model } = world
  if (state === 'waits' || data !== model.resources.get(task.resource as ResourceId)) task.may.add('RESOURCE_CLOSED')
  model.tasks.delete(task)
  world.coverage.note(`early write: ${outcome}`)
  world.must(
    outcome === 'done' ? data !== undefined : task.may.has(outcome),
    () =>
      `O16: an early write of ${[...task.ids]} to ${task.resource} ended with ${outcome}; it may with ${[...task.may]}`,
  )
  if (outcome === 'done') for (const numbers of [data?.acknowledged, data?.log]) numbers?.add(number)
  else if (outcome !== 'STEP_TIMEOUT') data?.refused.add(number)
}

function writeEarly(world: World, id: string, resource: ResourceId, handle: LiveResource<Store, number>): EarlyWrite {
  const task: Task = { kind: 'early write', resource, ids: new Set([id]), elapsedMs: 0, may: new Set() }
  const early: EarlyWrite = { number: world.next(), task, state: 'waits', data: undefined }
  world.model.tasks.add(task)
  void handle
    .write(early.number)
    .then(
      () => 'done',
      (error: unknown) => codeOf(error),
    )
    .then((outcome) => {
      endEarly(world, early, outcome)
    })
  return early
}
