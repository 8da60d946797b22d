import { text } from './explain.js'
import { isHeld, overlaps } from './holders.js'
import { ownerOf } from './model.js'
import type { Task } from './task.js'
import type { World } from './world.js'

/** I8, I11: where nothing happens any more by itself, whatever has not ended is waiting for somebody who can be named. */
export function checkProgress(world: World): void {
  const { model } = world
  const answering = new Set([...world.calls.pending].map(({ caller }) => caller.id))
  const changing = new Set([...model.operations].flatMap(({ ids }) => [...ids]))
  for (const task of model.operations) {
    const waits = overlaps(task.ids, answering) || (task.cutover === 'exclusive' && isHeld(world, task))
    world.must(waits, () => `I8, I11: ${text(task)} has not ended, and waits for nobody`)
  }
  for (const task of model.tasks) {
    const waits = overlaps(task.ids, answering) || overlaps(task.ids, changing) || waitsForLeases(world, task)
    world.must(waits, () => `I8: ${task.kind} ${task.resource ?? [...task.ids]} has not ended, and waits for nobody`)
  }
}

function waitsForLeases({ leases, model }: World, { kind, resource }: Task): boolean {
  if (kind === 'captureReady') return [...model.operations].some(({ cutover }) => cutover === 'exclusive')
  if (kind === 'finalization' || kind === 'detach') return leases.length > 0
  return resource !== undefined && ownerOf(model, resource) === undefined && leases.length > 0
}
