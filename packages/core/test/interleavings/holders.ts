import type { OperationTask } from './task.js'
import type { World } from './world.js'

/** Whether leases reach what an operation replaces; whoever was told to end has a grace to do so. */
export function isHeld({ leases, model }: World, { ids }: OperationTask): boolean {
  const versions = model.plugins.filter(({ version }) => ids.has(version.id)).map(({ version }) => version.label)
  if (leases.some(({ reaches }) => versions.some((label) => reaches.has(label)))) return true
  // A resource that is being detached holds its plugin, too.
  return [...model.tasks].some(({ kind, ids: detaching }) => kind === 'detach' && overlaps(ids, detaching))
}

export function overlaps(one: ReadonlySet<string>, other: ReadonlySet<string>): boolean {
  return [...one].some((it) => other.has(it))
}
