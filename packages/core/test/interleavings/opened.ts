import type { EarlyWrite } from './declared.js'
import { arrive, ownerOf } from './model.js'
import type { ResourceData } from './resource-data.js'
import { text, type OperationTask } from './task.js'
import { GUEST, type ResourceId } from './version-data.js'
import type { World } from './world.js'

/**
 * O16: from the commit on, what its plugins have the host open is in service: what was there already goes on, and
 * everything else was opened.
 */
export function noteOpened(world: World, task: OperationTask, present: ReadonlySet<ResourceId>): void {
  const { model, coverage } = world
  for (const { next } of task.changes) {
    if (next === undefined) continue
    for (const { resource, handle, early } of world.declared.get(next.label) ?? []) {
      const there = model.resources.get(resource)
      world.must(
        there === undefined || !task.opened.has(resource) || task.reopens,
        () => `O16: ${text(task)} has opened ${resource}, and somebody else has that name`,
      )
      world.must(
        present.has(resource) || task.mayLack.has(resource),
        () => `O16: ${text(task)} was committed, and ${resource} is not in service`,
      )
      if (there === undefined && present.has(resource)) {
        const data = arrive(model, resource, next.id)
        world.live.set(resource, { resource: handle, data, detaching: false })
        coverage.note(`opened with its plugin: ${resource === GUEST ? 'by another one' : 'done'}`)
        const opener = ownerOf(model, resource)?.id
        if (opener !== undefined && !task.ids.has(opener) && isChanging(world, opener))
          coverage.note('opened with its plugin: joins a reload')
      } else if (there !== undefined) coverage.note('opened with its plugin: goes on')
      if (early?.state === 'waits') beginEarly(early, model.resources.get(resource), task.mayLack.has(resource))
    }
  }
}

const isChanging = ({ model }: World, id: string): boolean =>
  [...model.operations].some(({ committed, refused, ids }) => !committed && refused === undefined && ids.has(id))

function beginEarly(early: EarlyWrite, data: ResourceData | undefined, mayLack: boolean): void {
  early.state = 'begun'
  early.data = data
  data?.issued.push(early.number)
  if (mayLack) early.task.may.add('RESOURCE_CLOSED')
}
