import type { PluginStatus } from '@uni/reload-core'
import { periodOf } from './period.js'
import { settle } from './permanence.js'
import type { OperationTask } from './task.js'
import { MAX_RECORDED } from './timing.js'
import { kindOf, STORAGE } from './version-data.js'
import type { View } from './view.js'
import type { SlowJournal } from './slow-journal.js'
import type { World } from './world.js'

/** At a commit: what is kept, or what has to serve again as it was kept. */
export function noteKept(world: World, task: OperationTask): void {
  const { model, serving } = world
  for (const resource of task.moved) if (resource === STORAGE) world.coverage.note(`storage: ${task.cutover}`)
  const begun = model.periodAfter.get(task)
  if (begun !== undefined && task.cutover === 'overlap') {
    for (const resource of task.moved) {
      const [store, data] = [serving.get(resource), model.resources.get(resource)]
      if (store === undefined || data === undefined || kindOf(resource) === 'stop-and-copy') continue
      // A write that never settled was abandoned, and may change it yet.
      if (task.reopens && world.late.has(store.owner.data.id)) continue
      begun.kept.set(resource, { store, data, written: data.acknowledged.size + data.refused.size })
    }
  }
  const period = [...model.periods].find(({ back }) => back === task)
  if (period !== undefined) world.returned = period
}

/** I4: a resource that was kept serves again itself, unless more was written meanwhile than is recorded. */
export function compareReturned(world: World, view: View): void {
  const { returned, model, halted } = world
  world.returned = undefined
  for (const [resource, { store, data, written }] of returned?.kept ?? []) {
    if (model.resources.get(resource) !== data) continue
    const serves = view.resources.get(resource)
    world.coverage.note(`served again: ${serves === store ? 'the resource that was kept' : 'a copy'}`)
    const recorded = data.issued.length - written <= MAX_RECORDED && !halted.has(resource)
    world.must(
      !recorded || serves === store || typeof serves === 'string',
      () => `I4: ${resource} is another one than that which was kept`,
    )
  }
}

/** I10: what can be taken back, and what a crash comes back on, is told as it is. */
export function compareStatuses(world: World, statuses: readonly PluginStatus[]): void {
  const { model } = world
  for (const { id, version, state, permanent } of statuses) {
    const label = `${id}@${version}`
    if (state === 'retired') continue
    comparePermanent(world, label, permanent)
    const period = periodOf(model.periods, label)
    const baking = period !== undefined && period.told === undefined
    world.must(
      state === 'changing' || baking === (state === 'baking'),
      () => `I10: ${label} is ${state}, and ${baking ? 'can' : 'cannot'} be taken back`,
    )
  }
}

function comparePermanent(world: World, label: string, permanent: boolean): void {
  const { model, journal } = world
  const holds = (): boolean => [...model.permanent.values()].some(({ version }) => version.label === label)
  if (permanent && !holds()) {
    const task = model.settling.find(({ changes }) => changes.some(({ next }) => next?.label === label))
    if (task !== undefined) settle(model, task)
  }
  world.must(!permanent || holds(), () => `I10: ${label} is permanent, and nobody made it so`)
  world.must(model.journaled || permanent || !holds(), () => `I10: ${label} is not permanent, and somebody made it so`)
  world.must(
    !model.journaled || !permanent || comesBack(journal, label),
    () => `J2: ${label} is said to be permanent, and a crash does not come back on it`,
  )
}

/**
 * J2: where nothing happens any more by itself, what a crash comes back on is said to be permanent. J5: it goes
 * together, at any time.
 */
export function compareRecovery(world: World): void {
  if (!world.model.journaled) return
  for (const { id, version, state, permanent } of world.host.plugins()) {
    const label = `${id}@${version}`
    if (state !== 'retired')
      world.must(
        permanent === comesBack(world.journal, label),
        () =>
          `J2: ${label} is ${permanent ? '' : 'not '}permanent, and a crash comes back on ${world.journal.plan.plugins.get(id)?.version}`,
      )
  }
}

function comesBack({ plan }: SlowJournal, label: string): boolean {
  const at = label.indexOf('@')
  return plan.plugins.get(label.slice(0, at))?.version === label.slice(at + 1)
}
