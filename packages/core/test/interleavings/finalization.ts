import type { BakeReport, FinalReport } from '@uni/reload-core'
import { isOpener, overlaps } from './holders.js'
import { versionOf } from './model.js'
import { text, type OperationTask, type Task } from './task.js'
import { observe } from './observe.js'
import { ASKED } from './take-back.js'
import { checkResult, codeOf, judge } from './outcome.js'
import type { Period } from './period.js'
import { dependency, settle } from './permanence.js'
import { GUEST, openedWith } from './version-data.js'
import type { WatchedStore } from './watched.js'
import type { HeldLease, World } from './world.js'

/**
 * After a commit: the old versions are closed once nothing holds them, and who held them too long is named (I7, I9).
 */
export function followFinalization(world: World, operation: OperationTask, finalized: Promise<FinalReport>): void {
  const task: Task = { kind: 'finalization', ids: operation.ids, elapsedMs: 0, may: new Set() }
  world.model.tasks.add(task)
  const twice = ({ view, returned }: HeldLease): boolean =>
    view !== undefined && operation.retired.some((label) => (returned.get(label) ?? 0) > 1)
  if (world.leases.some(twice)) world.coverage.note('replaced: taken back twice under one lease')
  void finalized.then((report) => {
    observe(world)
    world.model.tasks.delete(task)
    world.coverage.note(`finalization: ${report.status}`)
    check(world, operation, report)
  })
}

function check(world: World, operation: OperationTask, { status, blockers, errors, bake }: FinalReport): void {
  const name = text(operation)
  const period = world.model.periodAfter.get(operation)
  world.must(
    (bake === undefined) === (period === undefined),
    () => `I10: ${name} tells ${bake === undefined ? 'nothing' : bake.outcome} of its period`,
  )
  if (bake !== undefined && period !== undefined) checkBake(world, period, bake)
  world.must(
    (bake?.outcome === 'taken-back') === (status === 'taken-back'),
    () => `I10: ${name} is ${status}, and its period ended ${bake?.outcome}`,
  )
  world.must(
    (status === 'stranded') === (bake?.outcome === 'stranded' && status !== 'kept' && status !== 'forced'),
    () => `I10: ${name} is ${status}, and its period ended ${bake?.outcome}`,
  )
  world.must(status !== 'forced' || operation.force, () => `I9: nobody asked ${name} to force anybody out`)
  // Who held it at the deadline may have ended by the end of a period; the host itself, at a deadline of its own as
  // well.
  const expected =
    status === 'kept' || status === 'forced'
      ? blockers.length > 0
      : bake !== undefined || blockers.every(({ label }) => isOfHost(label))
  world.must(expected, () => `I9: ${name} is ${status}, and names ${blockers.length} leases`)
  world.must(
    errors.length === 0 || [...operation.ids].some((id) => world.troubled.has(id)),
    () => `I10: ${name} reports ${String(errors[0])}, and nothing had failed`,
  )
  if (status === 'taken-back') for (const label of operation.retired) world.leftOver.add(label)
  if (status === 'kept') {
    world.kept.add(operation)
    return
  }
  for (const label of operation.retired) {
    if (status === 'taken-back') checkServing(world, label, blockers.length > 0)
    else checkClosed(world, label, `${name} is ${status}`)
  }
}

/** Whether the host holds a plugin by this, while it opens or closes a resource. */
const isOfHost = (label: string): boolean => /^(attach|open|detach) /.test(label)

/** I10: how a period ended is told as it was. */
function checkBake(world: World, period: Period, bake: BakeReport): void {
  const { task, back } = period
  const { model } = world
  world.must(
    period.told === bake.outcome,
    () => `I10: ${text(task)} reports ${bake.outcome}, and the observer was told ${period.told}`,
  )
  if (period.good) model.settling.splice(model.settling.indexOf(task), 1)
  if (bake.outcome === 'healthy') {
    world.must(
      bake.error === undefined || period.troubled || dependency(model, task).may,
      () => `I10: ${text(task)} could not be made permanent for ${String(bake.error)}, and nothing had failed`,
    )
    if (bake.error === undefined) settle(model, task)
  }
  if (bake.outcome !== 'taken-back' && bake.outcome !== 'stranded') return
  world.must(
    bake.reason.includes(period.bad ?? 'no reason') || (period.wanted && bake.reason === ASKED),
    () => `I10: ${text(task)} was taken back as ${bake.reason}, and was to be as ${period.bad}`,
  )
  if (back === undefined) return
  const outcome = bake.outcome === 'stranded' ? codeOf(bake.error) : 'done'
  world.coverage.note(`way back: ${outcome}`)
  judge(world, back, outcome)
  if (bake.outcome === 'stranded') return
  const told = bake.results.map(({ handle }) => handle.id)
  world.must(String(told) === String([...task.ids]), () => `I10: the way back of ${text(task)} tells of ${told}`)
  for (const result of bake.results) checkResult(world, back, result)
  const [first] = bake.results
  if (first !== undefined) followFinalization(world, back, first.finalized)
}

function checkClosed(world: World, label: string, where: string): void {
  const open = openOf(world, label)
  world.must(
    isOpening(world, label) || (world.plugins.get(label)?.calls.shutdown === 1 && open.length === 0),
    () =>
      `I7: ${where}; ${label} was shut down ${world.plugins.get(label)?.calls.shutdown} times, and ${open.map(({ owner }) => owner.resource)} is open`,
  )
}

/**
 * I7, I9, I12: what leases outlived the deadline with is closed once they have ended. Asked where nothing happens any
 * more by itself.
 */
export function checkKept(world: World): void {
  const { leases, calls, kept } = world
  for (const operation of kept) {
    const { retired } = operation
    if (leases.some(({ reaches }) => retired.some((label) => reaches.has(label)))) continue
    if ([...calls.pending].some(({ caller }) => operation.ids.has(caller.id))) continue
    if (isOpener(world.model, operation.ids)) continue
    kept.delete(operation)
    world.coverage.note('kept: closed when its leases had ended')
    for (const label of retired) checkClosed(world, label, `${text(operation)} was kept, and nothing holds it`)
  }
}

/** What it was before is closed, unless it is still held; what it is now is neither closed nor shut down. */
function checkServing(world: World, label: string, held: boolean): void {
  const { model } = world
  const id = label.slice(0, label.indexOf('@'))
  if (versionOf(model, id)?.label !== label) return
  world.must(world.plugins.get(label)?.calls.shutdown === 0, () => `I7: ${label} serves again, and was shut down`)
  const busy =
    [...model.operations].some(({ ids }) => ids.has(id)) ||
    [...model.tasks].some(({ kind, ids }) => kind === 'detach' && overlaps(ids, new Set([id])))
  const astray = openOf(world, label).filter(
    (store) => ![...world.serving.values()].includes(store) && !isComing(world, store) && !isLeaving(world, store),
  )
  world.must(
    held || busy || isOpening(world, label) || astray.length === 0,
    () => `I7: ${label} serves again, and ${astray.map(({ owner }) => owner.resource)} of what it was before is open`,
  )
}

/** It is opened for an attach, or for an operation, that has not put it into service. */
const isComing = ({ model }: World, { owner, servedAs }: WatchedStore): boolean =>
  servedAs.size === 0 &&
  [...model.coming, ...[...model.operations].flatMap(({ opened }) => [...opened])].some(
    (resource) => openedWith(resource) === owner.resource,
  )
/** A guest that its plugin let go is detached, which nobody is told the end of. */
const isLeaving = ({ model }: World, { servedAs }: WatchedStore): boolean =>
  servedAs.has(GUEST) && model.left.has(GUEST)

/**
 * I12: what is left over of the time before a way back is closed once no lease sees it any more, whoever holds the
 * plugin alone. Asked where nothing happens any more by itself.
 */
export function checkLeftOver(world: World): void {
  const { leases, calls, leftOver } = world
  for (const label of leftOver) {
    if (
      leases.some(({ view, store, reaches }) => (view ?? store) !== undefined && reaches.has(label)) ||
      [...calls.pending].some(({ caller }) => caller.label === label)
    )
      continue
    if (leases.some(({ reaches }) => reaches.has(label)))
      world.coverage.note('left over: closed while the plugin is held')
    leftOver.delete(label)
    checkServing(world, label, false)
  }
}

const openOf = ({ plugins }: World, label: string) =>
  plugins.get(label)?.stores.filter(({ closeCalls }) => closeCalls === 0) ?? []
const isOpening = ({ calls }: World, label: string): boolean =>
  [...calls.pending].some(({ caller, method }) => caller.label === label && method === 'open')
