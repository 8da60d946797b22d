import type { BakeReport } from '@uni/reload-core'
import { noteDuring } from './during.js'
import { observe } from './observe.js'
import { codeOf } from './outcome.js'
import { isOn, periodOf, type Period } from './period.js'
import type { Task } from './task.js'
import { versionOf } from './model.js'
import type { World } from './world.js'

export const ASKED = 'the host asked for it'

/** T9: the host wants a reload taken back, whatever anybody says of the new version. */
export function takeBack(world: World, id: string): void {
  observe(world)
  const { model, host } = world
  const current = versionOf(model, id)
  const period = current && periodOf(model.periods, current.label)
  const task: Task = { kind: 'takeBack', ids: new Set([id]), elapsedMs: 0, may: new Set(mayEndWith(current, period)) }
  noteDuring(world, task)
  if (period !== undefined) want(period)
  model.tasks.add(task)
  void host
    .takeBack(world.handle(id))
    .then(
      (report) => ({ report, outcome: 'done' }),
      (error: unknown) => ({ report: undefined, outcome: codeOf(error) }),
    )
    .then(({ report, outcome }) => {
      end(world, task, period, outcome, report)
    })
}

function mayEndWith(current: object | undefined, period: Period | undefined): readonly string[] {
  if (current === undefined) return ['PLUGIN_NOT_FOUND']
  if (period === undefined) return ['NOT_BAKING']
  // What ends it may be on its way to the host.
  return isOn(period) ? ['done'] : ['done', 'NOT_BAKING']
}

function want(period: Period): void {
  period.wanted = true
  if (period.bad !== undefined || period.good || period.superseded || period.back !== undefined) return
  period.asking = undefined
  period.bad = ASKED
}

function end(
  world: World,
  task: Task,
  period: Period | undefined,
  outcome: string,
  report: BakeReport | undefined,
): void {
  observe(world)
  world.model.tasks.delete(task)
  world.coverage.note(`takeBack: ${report?.outcome ?? outcome}`)
  world.must(
    task.may.has(outcome),
    () => `T9: taking ${[...task.ids]} back ended with ${outcome}, and may end with ${[...task.may]}`,
  )
  if (report === undefined) return
  world.must(
    report.outcome !== 'healthy' && report.outcome === period?.told,
    () =>
      `T9: taking ${[...task.ids]} back tells that it is ${report.outcome}, and the observer was told ${period?.told}`,
  )
}
