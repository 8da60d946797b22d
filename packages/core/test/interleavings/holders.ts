import type { OperationTask } from './task.js'
import { GUEST, ID_DEPENDED_ON } from './version-data.js'
import type { World } from './world.js'

/** Whether leases reach what an operation replaces; whoever was told to end has a grace to do so. */
export function isHeld({ leases, model }: World, { ids }: OperationTask): boolean {
  const versions = model.plugins.filter(({ version }) => ids.has(version.id)).map(({ version }) => version.label)
  if (leases.some(({ reaches }) => versions.some((label) => reaches.has(label)))) return true
  // An operation holds the plugin that has opened something for it.
  if (
    ids.has(ID_DEPENDED_ON) &&
    [...model.operations].some((it) => !it.ids.has(ID_DEPENDED_ON) && it.opened.has(GUEST))
  )
    return true
  // A resource that is being detached holds its plugin, too.
  return [...model.tasks].some(({ kind, ids: detaching }) => kind === 'detach' && overlaps(ids, detaching))
}

export function overlaps(one: ReadonlySet<string>, other: ReadonlySet<string>): boolean {
  return [...one].some((it) => other.has(it))
}
