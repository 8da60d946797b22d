import type { Model } from './model.js'
import type { OperationTask } from './task.js'
import { GUEST, ID_DEPENDED_ON } from './version-data.js'
import type { World } from './world.js'

/** Whether leases reach what an operation replaces; whoever was told to end has a grace to do so. */
export function isHeld({ leases, model }: World, { ids }: OperationTask): boolean {
  const versions = model.plugins.filter(({ version }) => ids.has(version.id)).map(({ version }) => version.label)
  if (leases.some(({ reaches }) => versions.some((label) => reaches.has(label)))) return true
  if (isOpener(model, ids)) return true
  // A resource that is being detached holds its plugin, too.
  return [...model.tasks].some(({ kind, ids: detaching }) => kind === 'detach' && overlaps(ids, detaching))
}

/** An operation that has not committed holds the plugin of another one which has opened something for it. */
export function isOpener({ operations }: Model, ids: ReadonlySet<string>): boolean {
  return [...operations].some(
    (task) => !task.committed && task.opened.has(GUEST) && ids.has(ID_DEPENDED_ON) && !task.ids.has(ID_DEPENDED_ON),
  )
}

export function overlaps(one: ReadonlySet<string>, other: ReadonlySet<string>): boolean {
  return [...one].some((it) => other.has(it))
}
