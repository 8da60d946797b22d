import type { Epoch } from './epoch.js'
import type { PluginVersion } from './plugin-version.js'

/**
 * What an operation will use of a surface: one provider, one live resource, or, where neither is named, any of them.
 */
export interface Use {
  readonly surface: { readonly id: string }
  /** The key of a provider. */
  readonly key?: string
  /** The name of a live resource. */
  readonly resource?: string
}

/** What an operation will use, or all that there is, whoever provides it. */
export type Uses = readonly Use[] | 'everything'

/** Whether an epoch refuses any of `uses`. @throws what `slotOf` throws. */
export function isFenced(epoch: Epoch, uses: Uses, slotOf: (surface: string) => number): boolean {
  if (uses === 'everything') return epoch.fenced.size > 0
  const slots = uses.map((use) => ({ slot: slotOf(use.surface.id), use }))
  if (epoch.fenced.size === 0) return false
  return slots.some(
    ({ slot, use }) => ownersOf(epoch, slot, use).some((owner) => owner !== undefined && epoch.fenced.has(owner)),
  )
}

function ownersOf(epoch: Epoch, slot: number, { key, resource }: Use): (PluginVersion | undefined)[] {
  const [providers, resources] = [epoch.providers[slot], epoch.resources[slot]]
  if (key === undefined && resource === undefined) {
    return [...providers?.entries ?? [], ...resources?.values() ?? []].map(({ owner }) => owner)
  }
  return [
    key === undefined ? undefined : providers?.byKey.get(key)?.owner,
    resource === undefined ? undefined : resources?.get(resource)?.owner,
  ]
}
