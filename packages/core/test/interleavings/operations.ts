import type { PluginHandle, RemoveResult } from '@uni/reload-core'
import { ID_DEPENDED_ON, ID_THAT_DEPENDS, type VersionGiven } from './version-data.js'
import { bakeOptions } from './bake.js'
import { noteDuring } from './during.js'
import { obstacles, versionOf } from './model.js'
import { observe } from './observe.js'
import { checkResult, codeOf, judge } from './outcome.js'
import type { BakeGiven } from './bake-given.js'
import { text, type Change, type OperationTask } from './task.js'
import type { WatchedPlugin } from './watched.js'
import type { World } from './world.js'
import { followFinalization } from './finalization.js'

export interface OperationGiven {
  readonly cutover: 'overlap' | 'exclusive'
  readonly onOrphan: 'reject' | 'close'
  readonly dryRun: boolean
  readonly force: boolean
  readonly bake: BakeGiven | undefined
  /** Its resources are opened anew, of the host's log. */
  readonly reopens: boolean
}

export const PLAIN: OperationGiven = {
  cutover: 'overlap',
  onOrphan: 'reject',
  dryRun: false,
  force: false,
  bake: undefined,
  reopens: false,
}

export interface Target {
  readonly handle: PluginHandle
  readonly given: VersionGiven
}

export interface Fresh {
  readonly id: string
  readonly given: VersionGiven
}

export function add(world: World, targets: readonly Fresh[]): Promise<void> {
  observe(world)
  const { model } = world
  const plugins = targets.map(({ id, given }) => world.version(id, given))
  const installing = [...model.operations].some(
    (task) => task.kind.startsWith('add') && task.changes.some((change) => targets.some(({ id }) => change.id === id)),
  )
  const task = begin(
    world,
    plugins.length > 1 ? 'addAll' : 'add',
    dependedOnFirst(plugins).map(({ data }) => ({ id: data.id, next: data })),
    PLAIN,
  )
  task.refused = targets.every(({ id }) => versionOf(model, id) === undefined) ? undefined : 'DUPLICATE'
  // Whether the other one has just ended cannot be seen.
  if (installing) task.may.add('RELOAD_IN_PROGRESS')
  return follow(world, task, world.host.addAll(plugins), (handles) => {
    const same =
      handles.length === targets.length &&
      targets.every(({ id }, at) => handles[at]?.id === id && handles[at].generation === 0)
    world.must(same, () => `I10: the handles of ${text(task)} are ${JSON.stringify(handles)}`)
  })
}

/** The order in which plugins are installed together. */
function dependedOnFirst(plugins: readonly WatchedPlugin[]): readonly WatchedPlugin[] {
  const needed = plugins.find(({ data }) => data.id === ID_DEPENDED_ON)
  const before = plugins.findIndex(({ data }) => data.id === ID_THAT_DEPENDS)
  if (needed === undefined || before === -1 || plugins.indexOf(needed) < before) return plugins
  const others = plugins.filter((plugin) => plugin !== needed)
  return [...others.slice(0, before), needed, ...others.slice(before)]
}

export function reload(
  world: World,
  targets: readonly Target[],
  given: OperationGiven,
  kind = targets.length > 1 ? 'reloadAll' : 'reload',
): Promise<void> {
  observe(world)
  const plugins = targets.map((target) => world.version(target.handle.id, target.given))
  const task = begin(
    world,
    given.dryRun && kind !== 'reload from inside' ? 'dry run' : kind,
    plugins.map(({ data }) => ({ id: data.id, next: data })),
    given,
  )
  task.refused = refusal(
    world,
    task,
    targets.map(({ handle }) => handle),
  )
  const abort = new AbortController()
  world.abortable.push({ abort, task })
  const { force, bake, reopens, ...options } = given
  const reloading = world.host.reloadAll(
    targets.map(({ handle }, at) => ({ handle, plugin: plugins[at] as WatchedPlugin })),
    {
      ...options,
      signal: abort.signal,
      ...(reopens && { from: 'open' as const }),
      ...(force && { drain: { onDeadline: 'force' as const } }),
      ...(bake && { bake: bakeOptions(world, task, bake) }),
    },
  )
  return follow(world, task, reloading, (results) => {
    if (reopens && results.some(({ report }) => report.handoffs.length > 0))
      world.coverage.note(`opened anew: ${given.dryRun ? 'dry run' : 'done'}`)
    for (const result of results) checkResult(world, task, result)
    const [first] = results
    if (first !== undefined && task.committed) followFinalization(world, task, first.finalized)
  })
}

export function remove(world: World, handle: PluginHandle, given: OperationGiven): Promise<void> {
  observe(world)
  const task = begin(world, 'remove', [{ id: handle.id, next: undefined }], {
    ...given,
    bake: undefined,
    reopens: false,
  })
  task.refused = refusal(world, task, [handle])
  const { cutover, onOrphan, force } = given
  const removing = world.host.remove(handle, {
    cutover,
    onOrphan,
    ...(force && { drain: { onDeadline: 'force' as const } }),
  })
  return follow(world, task, removing, ({ finalized }: RemoveResult) => followFinalization(world, task, finalized))
}

/** An operation begins. What it brings is brought once, though a version that was replaced may come back. */
export function begin(world: World, kind: string, changes: readonly Change[], given: OperationGiven): OperationTask {
  const task: OperationTask = {
    ...given,
    order: world.next(),
    number: undefined,
    kind,
    changes,
    ids: new Set(changes.map(({ id }) => id)),
    elapsedMs: 0,
    may: new Set(),
    installedBefore: new Set(world.model.plugins.map(({ version }) => version.id)),
    refused: undefined,
    committed: false,
    neededBy: changes.some(({ id }) => id === ID_DEPENDED_ON)
      ? versionOf(world.model, ID_THAT_DEPENDS)?.label
      : undefined,
    judgedAt: -1,
    always: undefined,
    broken: new Map(),
    moved: [],
    unsure: [],
    closed: [],
    opened: new Set(),
    mayLack: new Set(world.model.resources.keys()),
    retired: [],
    generations: new Map(),
  }
  const others = [...world.model.operations].filter(
    (other) => other.refused === undefined && !other.committed && !changes.some(({ id }) => other.ids.has(id)),
  )
  if (others.length > 0)
    world.coverage.note(
      `at once: ${[kind, others[0]?.kind].every((it) => it?.startsWith('reload')) ? 'two reloads of different plugins' : 'other operations'}`,
    )
  world.model.operations.add(task)
  for (const { next } of changes)
    if (next !== undefined && !world.model.brought.has(next.label)) world.model.brought.set(next.label, task)
  if (world.journal.failed) task.may.add('JOURNAL')
  noteDuring(world, task)
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
  const changing = host
    .plugins()
    .filter(({ state }) => state === 'changing')
    .map(({ id }) => id)
  if (handles.some(({ id }) => changing.includes(id))) return 'RELOAD_IN_PROGRESS'
  return obstacles(model, task).includes('DEPENDENCY') ? 'DEPENDENCY' : undefined
}

async function follow<T>(
  world: World,
  task: OperationTask,
  promise: Promise<T>,
  check: (result: T) => void,
): Promise<void> {
  observe(world)
  const ended = await promise.then(
    (result) => ({ result }),
    (error: unknown) => ({ error }),
  )
  observe(world)
  const outcome = 'result' in ended ? 'done' : codeOf(ended.error)
  world.coverage.note(`${task.kind}: ${outcome}`)
  if (task.neededBy !== undefined) world.coverage.note(`change of a plugin that another needs: ${outcome}`)
  if ('result' in ended) check(ended.result)
  judge(world, task, outcome)
  world.model.operations.delete(task)
}
