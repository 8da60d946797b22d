import type { Uses } from '../lease/lease.js'
import type { Epoch } from './epoch.js'
import type { PluginVersion } from './plugin-version.js'
import type { SurfaceTables } from './surface-table.js'

/** Whether an epoch refuses any of `uses`. @throws ReloadError `NO_STRATEGY`. */
export function isFenced({ number, fenced }: Epoch, uses: Uses, tables: SurfaceTables): boolean {
  if (uses === 'everything') return fenced.size > 0
  const used = uses.map((use) => ({ table: tables.of(use.surface), use }))
  if (fenced.size === 0) return false
  const isRefused = (owner: PluginVersion | undefined): boolean => owner !== undefined && fenced.has(owner)
  return used.some(({ table: { providers, resources }, use: { key, resource } }) => {
    if (key === undefined && resource === undefined) {
      for (const { owner } of providers.valuesAt(number)) if (isRefused(owner)) return true
      for (const { owner } of resources.valuesAt(number)) if (isRefused(owner)) return true
      return false
    }
    return (
      (key !== undefined && isRefused(providers.at(key, number)?.owner)) ||
      (resource !== undefined && isRefused(resources.at(resource, number)?.owner))
    )
  })
}
