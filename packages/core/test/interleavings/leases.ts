import { STORES } from '../fixtures/store.js'
import { noteDuring } from './during.js'
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

/** Waits out every fence. */
export function captureReady(world: World): void {
  observe(world)
  const label = `patient lease ${world.next()}`
  const task: Task = { kind: 'captureReady', ids: new Set(), elapsedMs: 0, may: new Set() }
  const fenced = [...world.model.operations].some(({ cutover }) => cutover === 'exclusive')
  world.model.tasks.add(task)
  void world.host.captureReady({ label }).then((lease) => {
    world.model.tasks.delete(task)
    const view = look(lease, RESOURCES)
    world.must(view.fenced.size === 0, () => `I2: ${label} waited for the fences, and finds ${[...view.fenced]} fenced`)
    world.leases.push({ label, lease, view, reaches: reach(view), returned: new Map() })
    world.coverage.note(`captureReady: ${fenced ? 'beside an exclusive operation' : 'at once'}`)
  })
}

export function acquire(world: World, resource: ResourceId): void {
  observe(world)
  const owner = ownerOf(world.model, resource)
  const label = `hold on ${resource} ${world.next()}`
  let outcome = 'done'
  try {
    const lease = world.host.acquire(STORES[kindOf(resource)], keyOf(resource), { label })
    world.must(lease.plugin.id === owner?.id, () => `I1: ${resource} was acquired from ${lease.plugin.id}, and ${owner?.id} provides it`)
    world.leases.push({ label, lease, view: undefined, reaches: new Set(owner && [owner.label]), returned: new Map() })
  } catch (error) {
    outcome = codeOf(error)
  }
  world.coverage.note(`acquire: ${outcome}`)
  const exclusive = [...world.model.operations].some(({ cutover, ids }) => cutover === 'exclusive' && owner !== undefined && ids.has(owner.id))
  const allowed = owner === undefined ? ['PROVIDER_NOT_FOUND'] : exclusive ? ['done', 'SURFACE_FENCED'] : ['done']
  world.must(allowed.includes(outcome), () => `I2: acquiring ${resource} ended with ${outcome}, and can end with ${allowed}`)
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
