import { ReloadError, type PluginHandle, type ReloadResult, type RemoveResult } from '@uni/reload-core'
import { ID_DEPENDED_ON, ID_THAT_DEPENDS, KINDS, type VersionGiven } from './version-data.js'
import { STORES } from '../fixtures/store.js'
import { PlannedFailure } from './calls.js'
import { text } from './explain.js'
import { obstacles, versionOf } from './model.js'
import { observe } from './observe.js'
import type { Change, OperationTask } from './task.js'
import type { WatchedPlugin, WatchedStore } from './watched.js'
import type { World } from './world.js'
import { followFinalization } from './finalization.js'

export interface OperationGiven {
  readonly cutover: 'overlap' | 'exclusive'
  readonly onOrphan: 'reject' | 'close'
  readonly dryRun: boolean
  readonly force: boolean
}

export const PLAIN: OperationGiven = { cutover: 'overlap', onOrphan: 'reject', dryRun: false, force: false }

export interface Target {
  readonly handle: PluginHandle
  readonly given: VersionGiven
}

/** The code a call ended with; `refused` where the plugin's own error came through. */
export function codeOf(error: unknown): string {
  if (ReloadError.is(error)) return error.code
  return error instanceof PlannedFailure ? 'refused' : String(error)
}

export function add(world: World, id: string, given: VersionGiven): Promise<void> {
  observe(world)
  const plugin = world.version(id, given)
  const installing = [...world.model.operations].some((task) => task.kind === 'add' && task.changes.some((change) => change.id === id))
  const task = begin(world, 'add', [{ id, next: plugin.data }], PLAIN)
  task.refused = versionOf(world.model, id) === undefined ? undefined : 'DUPLICATE'
  // Whether the other one has just ended cannot be seen.
  if (installing) task.may.add('RELOAD_IN_PROGRESS')
  return follow(world, task, world.host.add(plugin), (handle) => {
    world.must(handle.generation === 0, () => `I10: the handle of ${text(task)} is of generation ${handle.generation}`)
  })
}

export function reload(world: World, targets: readonly Target[], given: OperationGiven, kind = targets.length > 1 ? 'reloadAll' : 'reload'): Promise<void> {
  observe(world)
  const plugins = targets.map((target) => world.version(target.handle.id, target.given))
  const task = begin(world, given.dryRun && kind !== 'reload from inside' ? 'dry run' : kind, plugins.map(({ data }) => ({ id: data.id, next: data })), given)
  task.refused = refusal(world, task, targets.map(({ handle }) => handle))
  const abort = new AbortController()
  world.abortable.push({ abort, task })
  const { force, ...options } = given
  const reloading = world.host.reloadAll(targets.map(({ handle }, at) => ({ handle, plugin: plugins[at] as WatchedPlugin })), {
    ...options, signal: abort.signal, ...(force && { drain: { onDeadline: 'force' as const } }),
  })
  return follow(world, task, reloading, (results) => {
    for (const result of results) checkResult(world, task, result)
    const [first] = results
    if (first !== undefined && task.committed) followFinalization(world, task, first.finalized)
  })
}

export function remove(world: World, handle: PluginHandle, given: OperationGiven): Promise<void> {
  observe(world)
  const task = begin(world, 'remove', [{ id: handle.id, next: undefined }], given)
  task.refused = refusal(world, task, [handle])
  const { cutover, onOrphan, force } = given
  const removing = world.host.remove(handle, { cutover, onOrphan, ...(force && { drain: { onDeadline: 'force' as const } }) })
  return follow(world, task, removing, ({ finalized }: RemoveResult) => followFinalization(world, task, finalized))
}

function begin(world: World, kind: string, changes: readonly Change[], given: OperationGiven): OperationTask {
  const task: OperationTask = {
    ...given, kind, changes, ids: new Set(changes.map(({ id }) => id)), elapsedMs: 0, may: new Set(),
    installedBefore: world.model.plugins.map(({ version }) => version.id), refused: undefined, committed: false,
    neededBy: changes.some(({ id }) => id === ID_DEPENDED_ON) ? versionOf(world.model, ID_THAT_DEPENDS)?.label : undefined,
    judgedAt: -1, always: undefined, broken: undefined, moved: [], leaving: [], closed: [], retired: [], generations: new Map(),
  }
  const others = [...world.model.operations].filter((other) => other.refused === undefined && !other.committed && !changes.some(({ id }) => other.ids.has(id)))
  if (others.length > 0) world.coverage.note(`at once: ${[kind, others[0]?.kind].every((it) => it?.startsWith('reload')) ? 'two reloads of different plugins' : 'other operations'}`)
  world.model.operations.add(task)
  if (given.force) for (const { id } of changes) world.forcible.add(versionOf(world.model, id)?.label ?? id)
  return task
}

/** What a call with these handles is refused with before anything begins. */
function refusal({ host, model }: World, task: OperationTask, handles: readonly PluginHandle[]): string | undefined {
  for (const { id, generation } of handles) {
    const plugin = model.plugins.find(({ version }) => version.id === id)
    if (plugin === undefined) return 'PLUGIN_NOT_FOUND'
    if (plugin.generation !== generation) return 'STALE_HANDLE'
  }
  if (task.ids.size < handles.length) return 'DUPLICATE'
  const changing = host.plugins().filter(({ state }) => state === 'changing').map(({ id }) => id)
  if (handles.some(({ id }) => changing.includes(id))) return 'RELOAD_IN_PROGRESS'
  return obstacles(model, task).includes('DEPENDENCY') ? 'DEPENDENCY' : undefined
}

async function follow<T>(world: World, task: OperationTask, promise: Promise<T>, check: (result: T) => void): Promise<void> {
  observe(world)
  const ended = await promise.then((result) => ({ result }), (error: unknown) => ({ error }))
  observe(world)
  const outcome = 'result' in ended ? 'done' : codeOf(ended.error)
  world.coverage.note(`${task.kind}: ${outcome}`)
  if (task.neededBy !== undefined) world.coverage.note(`change of a plugin that another needs: ${outcome}`)
  if ('result' in ended) check(ended.result)
  judge(world, task, outcome)
  world.model.operations.delete(task)
}

/** I3, I10: it did all of it and says so, or nothing of it and says why. */
function judge(world: World, task: OperationTask, outcome: string): void {
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
  world.must(broken === undefined, () => `I10: ${name()}, although ${broken}`)
  world.must((always?.size ?? 0) === 0, () => `I10: ${name()}, although it could not for ${[...always ?? []]}`)
}

/** I10: the result tells what happened. */
function checkResult(world: World, task: OperationTask, { status, handle, report, resources }: ReloadResult): void {
  const version = task.changes.find(({ id }) => id === handle.id)?.next
  world.must(status === (task.dryRun ? 'dry-run' : 'committed'), () => `I10: ${text(task)} has the status ${status}`)
  world.must(report.to === version?.number, () => `I10: ${text(task)} reports ${report.to}`)
  const found = KINDS.flatMap((kind) => [...resources(STORES[kind]).values()]).map((store) => (store as WatchedStore).owner)
  const told = found.map(({ resource }) => resource)
  const same = told.every((it) => task.moved.includes(it)) && task.moved.every((it) => told.includes(it) || task.leaving.includes(it))
  world.must(same, () => `I10: ${text(task)} says it moved ${told}, and moved ${task.moved}`)
  world.must(found.every(({ data }) => task.changes.some(({ next }) => next === data)), () => `I10: ${text(task)} tells of resources of another version`)
  world.must(task.dryRun || handle.generation === task.generations.get(handle.id), () => `I10: the handle of ${text(task)} is of generation ${handle.generation}`)
}
