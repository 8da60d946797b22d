import { ReloadError } from '../../errors.js'
import type { PluginVersion } from '../epoch/plugin-version.js'
import type { Attached } from '../resource/attached.js'

/** @throws ReloadError `ORPHANED_RESOURCE` where there are orphans. It names them all. */
export function refuseOrphans(orphans: readonly (readonly [Attached, PluginVersion])[]): void {
  const [first] = orphans
  if (first === undefined) return
  const [attached, owner] = first
  const named = [...orphans].map(([{ name, key }]) => `"${name}" (key "${key}")`)
  throw new ReloadError('ORPHANED_RESOURCE', `nothing would provide ${named.join(', ')} any more`, {
    phase: 'preflight',
    plugin: owner.label,
    ...attached.place,
    hint: "Detach it first, keep the key, or say onOrphan: 'close'.",
  })
}
