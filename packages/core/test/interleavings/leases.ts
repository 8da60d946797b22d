import { STORES } from '../fixtures/store.js'
import { noteDuring } from './during.js'
import { waitsForFence } from './progress.js'
import { ownerOf } from './model.js'
import type { Task } from './task.js'
import { compareView, observe } from './observe.js'
import { codeOf } from './outcome.js'
import { keyOf, kindOf, RESOURCES, type ResourceId } from './version-data.js'
import { look, type View } from './view.js'
import type { World } from './world.js'

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
    uses === 'everything' ? uses : [{ surface: STORES[kindOf(uses)], key: keyOf(uses), resource: keyOf(uses) }]
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

export function release({ leases, coverage }: World, which: number): void {
  const [held] = leases.splice(which % leases.length, 1)
  if (held === undefined) return
  coverage.note(`release: ${held.lease.signal.aborted ? 'of a lease that was told to end' : 'done'}`)
  held.lease[Symbol.dispose]()
}

function reach({ providers }: View): Set<string> {
  return new Set(providers.map(({ data }) => data.label))
}
