import type { JournalRecord } from '@uni/reload-core'
import { noteDuring } from './during.js'
import { observe } from './observe.js'
import { codeOf } from './outcome.js'
import { periodOf } from './period.js'
import { dependency, settle } from './permanence.js'
import type { OperationTask, Task } from './task.js'
import { ID_DEPENDED_ON, ID_THAT_DEPENDS, PLUGIN_IDS } from './version-data.js'
import type { World } from './world.js'

/** The second commit: a crash comes back on what serves now. */
export function makePermanent(world: World, id: string, stale: boolean): void {
  observe(world)
  const { model, host } = world
  const { generation } = world.handle(id)
  const handle = { id, generation: stale ? generation - 1 : generation }
  const current = model.plugins.find(({ version }) => version.id === id)
  const brought = current && model.brought.get(current.version.label)
  const period = current && periodOf(model.periods, current.version.label)
  const task: Task = { kind: 'makePermanent', ids: new Set([id]), elapsedMs: 0, may: new Set(['done']) }
  noteDuring(world, task)
  const refuse = (code: string): void => {
    task.may.clear()
    task.may.add(code)
  }
  if (current === undefined || brought === undefined)
    refuse(model.removed.get(id) === handle.generation ? 'done' : 'PLUGIN_NOT_FOUND')
  else if (stale) refuse('STALE_HANDLE')
  else if (period?.back !== undefined) refuse('RELOAD_IN_PROGRESS')
  else if (model.permanent.get(id)?.version !== current.version) {
    const { must, may } = dependency(model, brought)
    if (must) refuse('DEPENDENCY')
    else if (may) task.may.add('DEPENDENCY')
  }
  model.tasks.add(task)
  const begun = task.may.has('done') ? brought : undefined
  if (world.journal.failed) task.may.add('JOURNAL')
  if (begun !== undefined) {
    model.settling.push(begun)
    model.revision += 1
    if (period !== undefined) period.accepts += 1
  }
  void host
    .makePermanent(handle)
    .then(() => 'done', codeOf)
    .then((outcome) => {
      end(world, task, begun, outcome)
      if (outcome !== 'done' && begun !== undefined && period !== undefined) period.accepts -= 1
    })
}

function end(world: World, task: Task, begun: OperationTask | undefined, outcome: string): void {
  const { model, coverage } = world
  observe(world)
  coverage.note(`makePermanent: ${outcome}`)
  world.must(
    task.may.has(outcome),
    () => `I10: making ${[...task.ids]} permanent ended with ${outcome}, and may end with ${[...task.may]}`,
  )
  model.tasks.delete(task)
  if (begun === undefined) return
  model.settling.splice(model.settling.indexOf(begun), 1)
  if (outcome === 'done') settle(model, begun)
}

/**
 * The journal cannot be written to. Who makes something permanent may be told so; and where a commit is not written
 * down, so may everybody whose record comes behind it.
 */
export function noteJournalFailure({ model, coverage, troubled }: World, record: JournalRecord): void {
  coverage.note(`any fault: the journal fails (${record.type})`)
  for (const { kind, may } of model.tasks) if (kind === 'makePermanent') may.add('JOURNAL')
  const commit = record.type === 'committed'
  for (const period of model.periods)
    if (commit || ('operation' in record && period.task.number === record.operation)) period.troubled = true
  if (!commit) return
  for (const { may } of model.operations) may.add('JOURNAL')
  for (const id of PLUGIN_IDS) troubled.add(id)
}

/** J5: whatever a crash comes back on can be started. */
export function checkRecovery(world: World): void {
  const version = (id: string): string | undefined => world.journal.plan.plugins.get(id)?.version
  const fits = version(ID_THAT_DEPENDS) === undefined || version(ID_DEPENDED_ON)?.startsWith('1.') === true
  world.must(
    fits,
    () =>
      `J5: a crash comes back on ${ID_THAT_DEPENDS}@${version(ID_THAT_DEPENDS)} and ${ID_DEPENDED_ON}@${version(ID_DEPENDED_ON)}, which do not go together`,
  )
}
