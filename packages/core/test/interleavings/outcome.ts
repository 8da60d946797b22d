import { ReloadError, type ReloadResult } from '@uni/reload-core'
import { STORES } from '../fixtures/store.js'
import { PlannedFailure } from './calls.js'
import { text, type OperationTask } from './task.js'
import { KINDS, type ResourceId } from './version-data.js'
import type { WatchedStore } from './watched.js'
import type { World } from './world.js'

/** The code a call ended with; `refused` where the plugin's own error came through. */
export function codeOf(error: unknown): string {
  if (ReloadError.is(error)) return error.code
  return error instanceof PlannedFailure ? 'refused' : String(error)
}

/** I3, I10: it did all of it and says so, or nothing of it and says why. */
export function judge(world: World, task: OperationTask, outcome: string): void {
  const { refused, committed, dryRun, broken, always, may } = task
  const name = (): string => `${text(task)} ended with ${outcome}`
  if (refused !== undefined) {
    world.must(outcome === refused, () => `I3: ${name()}, and has to be refused with ${refused}`)
    return
  }
  if (outcome !== 'done') {
    world.must(!committed, () => `I3: ${name()}, and was committed`)
    world.must(may.has(outcome), () => `I10: ${name()}, for which there was no cause; there was for ${[...may]}`)
    return
  }
  world.must(committed === !dryRun, () => `I10: ${name()}, and was ${committed ? '' : 'not '}committed`)
  world.must(broken.size === 0, () => `I10: ${name()}, although ${[...broken.values()].join(', ')}`)
  world.must((always?.size ?? 0) === 0, () => `I10: ${name()}, although it could not for ${[...(always ?? [])]}`)
}

function resourceNamed(surface: string, name: string): string {
  return `${KINDS.find((kind) => STORES[kind].id === surface)}/${name}`
}

/** I10: the result tells what happened. */
export function checkResult(
  world: World,
  task: OperationTask,
  { status, handle, report, resources }: ReloadResult,
): void {
  const version = task.changes.find(({ id }) => id === handle.id)?.next
  world.must(status === (task.dryRun ? 'dry-run' : 'committed'), () => `I10: ${text(task)} has the status ${status}`)
  world.must(report.to === version?.number, () => `I10: ${text(task)} reports ${report.to}`)
  const found = KINDS.flatMap((kind) =>
    Array.from(resources(STORES[kind]), ([name, store]) => [`${kind}/${name}`, store as WatchedStore] as const),
  )
  const told = found.map(([resource]) => resource as ResourceId)
  const same =
    told.every((it) => task.moved.includes(it)) &&
    task.moved.every((it) => told.includes(it) || task.unsure.includes(it))
  world.must(same, () => `I10: ${text(task)} says it moved ${told}, and moved ${task.moved}`)
  world.must(
    found.every(([, { owner }]) => task.changes.some(({ next }) => next === owner.data)),
    () => `I10: ${text(task)} tells of resources of another version`,
  )
  const opened = report.opened.map(({ surface, resource }) => resourceNamed(surface, resource))
  const asked = task.dryRun ? [] : (version?.opens.filter((it) => task.opened.has(it)) ?? [])
  world.must(
    task.reopens || String(opened.toSorted()) === String(asked.toSorted()),
    () => `O16: ${text(task)} says that it opened ${opened}, and was asked to open ${asked}`,
  )
  world.must(
    task.dryRun || handle.generation === task.generations.get(handle.id),
    () => `I10: the handle of ${text(task)} is of generation ${handle.generation}`,
  )
}
