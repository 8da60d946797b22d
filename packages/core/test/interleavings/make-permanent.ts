import { noteDuring } from './during.js'
import { observe } from './observe.js'
import { codeOf } from './outcome.js'
import { periodOf } from './period.js'
import { dependency, settle } from './permanence.js'
import type { OperationTask, Task } from './task.js'
import type { World } from './world.js'

/** The second commit: a crash comes back on what serves now. */
export function makePermanent(world: World, id: string, stale: boolean): void {
  observe(world)
  const { model, host } = world
  const { generation } = world.handle(id)
  const handle = { id, generation: stale ? generation - 1 : generation }
  const current = model.plugins.find(({ version }) => version.id === id)
  const brought = current && model.brought.get(current.version.label)
  const period = current && periodOf(model, current.version.label)
  const task: Task = { kind: 'makePermanent', ids: new Set([id]), elapsedMs: 0, may: new Set(['done']) }
  noteDuring(world, task)
  const refuse = (code: string): void => {
    task.may.clear()
    task.may.add(code)
  }
  if (current === undefined || brought === undefined) refuse('PLUGIN_NOT_FOUND')
  else if (stale) refuse('STALE_HANDLE')
  else if (period?.back !== undefined) refuse('RELOAD_IN_PROGRESS')
  else if (model.permanent.get(id)?.version !== current.version) {
    const { must, may } = dependency(model, brought)
    if (must) refuse('DEPENDENCY')
    else if (may) task.may.add('DEPENDENCY')
  }
  model.tasks.add(task)
  const begun = task.may.has('done') ? brought : undefined
  if (begun !== undefined) {
    model.settling.push(begun)
    model.revision += 1
    if (period !== undefined) period.accepts += 1
  }
  void host.makePermanent(handle).then(() => 'done', codeOf).then((outcome) => {
    end(world, task, begun, outcome)
    if (outcome !== 'done' && begun !== undefined && period !== undefined) period.accepts -= 1
  })
}

function end(world: World, task: Task, begun: OperationTask | undefined, outcome: string): void {
  const { model, coverage } = world
  observe(world)
  coverage.note(`makePermanent: ${outcome}`)
  world.must(task.may.has(outcome), () => `I10: making ${[...task.ids]} permanent ended with ${outcome}, and may end with ${[...task.may]}`)
  model.tasks.delete(task)
  if (begun === undefined) return
  model.settling.splice(model.settling.indexOf(begun), 1)
  if (outcome === 'done') settle(model, begun)
}

/** The journal cannot be written to: who is told so was making permanent what is not. */
export function noteJournalFailure({ model, coverage }: World, operation: number): void {
  coverage.note('any fault: the journal fails')
  for (const { kind, may } of model.tasks) if (kind === 'makePermanent') may.add('JOURNAL')
  for (const period of model.periods) if (period.task.number === operation) period.troubled = true
}
