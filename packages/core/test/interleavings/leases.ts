import { STORES } from '../fixtures/store.js'
import type { Lease } from '@uni/reload-core'
import { PlannedFailure } from './calls.js'
import { noteDuring } from './during.js'
import { waitsForFence } from './progress.js'
import { ownerOf } from './model.js'
import type { Task } from './task.js'
import { compareView, observe } from './observe.js'
import { codeOf } from './outcome.js'
import { keyOf, kindOf, nameOf, RESOURCES, type ResourceId } from './version-data.js'
import { look, type View } from './view.js'
import type { WatchedStore } from './watched.js'
import type { HeldLease, World } from './world.js'

export function capture(world: World): void {
  observe(world)
  const label = `lease ${world.next()}`
  const lease = world.host.capture({ label })
  noteDuring(world, { kind: 'capture', ids: new Set(world.model.plugins.map(({ version }) => version.id)) })
  const view = look(lease, world.model.resources.keys())
  compareView(world, view)
  world.leases.push({ label, lease, view, reaches: reach(view), returned: new Map() })
  world.coverage.note(`capture: ${view.fenced.size > 0 ? 'beside a fence' : 'done'}`)
}

/** Waits out the fences of one resource and its provider, or every fence. */
export function captureReady(world: World, uses: ResourceId | 'everything'): void {
  observe(world)
  const label = `patient lease ${world.next()}`
  const task: Task = {
    kind: 'captureReady',
    ids: new Set(),
    elapsedMs: 0,
    may: new Set(),
    ...(uses !== 'everything' && { resource: uses }),
  }
  const fenced = [...world.model.operations].some(({ cutover }) => cutover === 'exclusive')
  const waits = waitsForFence(world.model, task)
  world.model.tasks.add(task)
  const named =
    uses === 'everything' ? uses : [{ surface: STORES[kindOf(uses)], key: keyOf(uses), resource: nameOf(uses) }]
  void world.host.captureReady({ label, uses: named }).then((lease) => {
    world.model.tasks.delete(task)
    const view = look(lease, RESOURCES)
    const refused = [...view.fenced, ...RESOURCES.filter((resource) => view.resources.get(resource) === 'fenced')]
    const used = uses === 'everything' ? refused : refused.filter((resource) => resource === uses)
    world.must(used.length === 0, () => `I2: ${label} waited for the fences of ${uses}, and finds ${used} fenced`)
    world.leases.push({ label, lease, view, reaches: reach(view), returned: new Map() })
    world.coverage.note(
      `captureReady: ${waits ? 'beside an exclusive operation' : fenced ? 'beside one of another plugin' : 'at once'}`,
    )
  })
}

export function acquire(world: World, resource: ResourceId): void {
  observe(world)
  const owner = ownerOf(world.model, resource)
  const label = `hold on ${resource} ${world.next()}`
  let outcome = 'done'
  try {
    const lease = world.host.acquire(STORES[kindOf(resource)], keyOf(resource), { label })
    world.must(
      lease.plugin.id === owner?.id,
      () => `I1: ${resource} was acquired from ${lease.plugin.id}, and ${owner?.id} provides it`,
    )
    world.leases.push({ label, lease, view: undefined, reaches: new Set(owner && [owner.label]), returned: new Map() })
  } catch (error) {
    outcome = codeOf(error)
  }
  world.coverage.note(`acquire: ${outcome}`)
  const exclusive = [...world.model.operations].some(
    ({ cutover, ids }) => cutover === 'exclusive' && owner !== undefined && ids.has(owner.id),
  )
  const allowed = owner === undefined ? ['PROVIDER_NOT_FOUND'] : exclusive ? ['done', 'SURFACE_FENCED'] : ['done']
  world.must(
    allowed.includes(outcome),
    () => `I2: acquiring ${resource} ended with ${outcome}, and can end with ${allowed}`,
  )
}

/** E9: one resource, and only the plugin that serves it. */
export function acquireResource(world: World, resource: ResourceId): void {
  observe(world)
  const { host, model } = world
  const owner = ownerOf(model, resource)
  const label = `hold on the resource ${resource} ${world.next()}`
  let outcome = 'done'
  try {
    const lease = host.acquireResource(STORES[kindOf(resource)], nameOf(resource), { label })
    const store = lease.resource as WatchedStore
    world.must(
      lease.plugin.id === owner?.id && store === world.serving.get(resource),
      () =>
        `I1, E9: ${resource} was acquired from ${lease.plugin.id}, and ${owner?.id} serves it, or another one of it`,
    )
    const reaches = new Set(owner && [owner.label])
    world.leases.push({ label, lease, view: undefined, store, reaches, returned: new Map() })
  } catch (error) {
    outcome = codeOf(error)
  }
  world.coverage.note(`acquireResource: ${outcome}`)
  const exclusive = [...model.operations].some(
    ({ cutover, ids }) => cutover === 'exclusive' && owner !== undefined && ids.has(owner.id),
  )
  const allowed = model.resources.has(resource)
    ? ['done', ...(exclusive ? ['SURFACE_FENCED'] : []), ...(world.halted.has(resource) ? ['RESOURCE_HALTED'] : [])]
    : ['RESOURCE_NOT_FOUND']
  world.must(
    allowed.includes(outcome),
    () => `I2: acquiring the resource ${resource} ended with ${outcome}, and can end with ${allowed}`,
  )
}

export const WORK = ['gives a value', 'throws', 'takes its time', 'takes its time, and rejects'] as const

/** Work under a lease: it is held for as long as the work takes, however that ends. */
export function run(world: World, work: (typeof WORK)[number]): void {
  observe(world)
  const label = `work ${world.next()}`
  noteDuring(world, { kind: 'run', ids: new Set(world.model.plugins.map(({ version }) => version.id)) })
  const begin = (lease: Lease): unknown => {
    const view = look(lease, world.model.resources.keys())
    compareView(world, view)
    if (work === 'gives a value') return view
    if (work === 'throws') throw new PlannedFailure(label)
    const held: HeldLease = { label, lease, view, reaches: reach(view), returned: new Map() }
    world.leases.push(held)
    return world.calls.pause(label).then(() => {
      // Somebody may have released it before its time.
      const at = world.leases.indexOf(held)
      if (at >= 0) world.leases.splice(at, 1)
      if (work === 'takes its time, and rejects') throw new PlannedFailure(label)
    })
  }
  const ended = (outcome: string): void => {
    const holds = world.host.plugins().some(({ heldBy }) => heldBy.some((blocker) => blocker.label === label))
    world.must(!holds, () => `I7: ${label} is over, and goes on holding`)
    const expected = work === 'gives a value' || work === 'takes its time' ? 'done' : 'refused'
    world.must(outcome === expected, () => `I10: ${label}, which ${work}, ended with ${outcome}`)
    world.coverage.note(`run: ${work}`)
  }
  try {
    const outcome = world.host.run({ label }, begin)
    if (outcome instanceof Promise) void outcome.then(() => 'done', codeOf).then(ended)
    else ended('done')
  } catch (error) {
    ended(codeOf(error))
  }
}

export function release({ leases, coverage }: World, which: number): void {
  const [held] = leases.splice(which % leases.length, 1)
  if (held === undefined) return
  coverage.note(`release: ${held.lease.signal.aborted ? 'of a lease that was told to end' : 'done'}`)
  held.lease[Symbol.dispose]()
}

function reach({ providers }: View): Set<string> {
  return new Set(providers.map(({ data }) => data.label))
}
