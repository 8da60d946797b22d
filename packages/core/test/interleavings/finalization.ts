import type { FinalReport } from '@uni/reload-core'
import { text } from './explain.js'
import type { OperationTask, Task } from './task.js'
import { observe } from './observe.js'
import type { World } from './world.js'

/** After a commit: the old versions are closed once nothing holds them, and who held them too long is named (I7, I9). */
export function followFinalization(world: World, operation: OperationTask, finalized: Promise<FinalReport>): void {
  const task: Task = { kind: 'finalization', ids: operation.ids, elapsedMs: 0, may: new Set() }
  world.model.tasks.add(task)
  void finalized.then((report) => {
    observe(world)
    world.model.tasks.delete(task)
    world.coverage.note(`finalization: ${report.status}`)
    check(world, operation, report)
  })
}

function check(world: World, operation: OperationTask, { status, blockers, errors }: FinalReport): void {
  const name = text(operation)
  world.must(status !== 'forced' || operation.force, () => `I9: nobody asked ${name} to force anybody out`)
  world.must((blockers.length === 0) === (status === 'finalized'), () => `I9: ${name} is ${status}, and names ${blockers.length} leases`)
  world.must(errors.length === 0 || [...operation.ids].some((id) => world.troubled.has(id)), () => `I10: ${name} reports ${String(errors[0])}, and nothing had failed`)
  if (status === 'kept') return
  for (const label of operation.retired) {
    const plugin = world.plugins.get(label)
    const open = plugin?.stores.filter(({ closeCalls }) => closeCalls === 0).map(({ owner }) => owner.resource) ?? []
    const opening = [...world.calls.pending].some(({ caller, method }) => caller.label === label && method === 'open')
    world.must(opening || (plugin?.calls.shutdown === 1 && open.length === 0), () => `I7: ${name} is ${status}; ${label} was shut down ${plugin?.calls.shutdown} times, and ${open} is open`)
  }
}
