import { ReloadError, type Lease } from '@uni/reload-core'
import { STORES, type StoreProvider } from '../fixtures/store.js'
import { asWatched, WatchedStore, type WatchedProvider } from './watched.js'
import { GUEST, keyOf, kindOf, KINDS, nameOf, RESOURCES, type ResourceId } from './version-data.js'

/** What one lease sees: everything there is, or why it is refused. */
export interface View {
  /** In the order in which the host lists them; one that is fenced has none. */
  readonly providers: readonly WatchedProvider[]
  readonly fenced: ReadonlySet<ResourceId>
  readonly resources: ReadonlyMap<ResourceId, WatchedStore | 'halted' | 'fenced'>
}

const KEYS = new Map(
  KINDS.map((kind) => [kind, RESOURCES.filter((resource) => kindOf(resource) === kind && resource !== GUEST)]),
)

/** @param names the resources to look for. */
export function look(lease: Lease, names: Iterable<ResourceId>): View {
  const fenced = new Set<ResourceId>()
  const providers = KINDS.flatMap((kind) => {
    const all = attempt(() => lease.all(STORES[kind]))
    if (typeof all !== 'string') return all.map(asWatched)
    // One provider that is fenced refuses the whole list, and the others are found one by one.
    return (KEYS.get(kind) ?? []).flatMap((resource) => {
      const provider = attempt<StoreProvider | undefined>(() => lease.find(STORES[kind], keyOf(resource)))
      if (typeof provider === 'string') fenced.add(resource)
      return provider === undefined || typeof provider === 'string' ? [] : [asWatched(provider)]
    })
  })
  const resources = new Map<ResourceId, WatchedStore | 'halted' | 'fenced'>()
  for (const resource of names) {
    const store = attempt(() => lease.resource(STORES[kindOf(resource)], nameOf(resource)))
    if (store !== 'RESOURCE_NOT_FOUND')
      resources.set(resource, store instanceof WatchedStore ? store : store === 'RESOURCE_HALTED' ? 'halted' : 'fenced')
  }
  return { providers, fenced, resources }
}

export function sameProviders(one: View, other: View): boolean {
  return (
    one.providers.length === other.providers.length &&
    one.fenced.size === other.fenced.size &&
    one.providers.every((provider, at) => provider === other.providers[at])
  )
}

export function sameView(one: View, other: View): boolean {
  return (
    sameProviders(one, other) &&
    [...one.resources].every(([resource, store]) => other.resources.get(resource) === store)
  )
}

/** A value, or the code of the refusal. */
function attempt<T>(run: () => T): T | Refusal {
  try {
    return run()
  } catch (error) {
    const refusal = ReloadError.is(error) ? REFUSALS.find((code) => code === error.code) : undefined
    if (refusal === undefined) throw error
    return refusal
  }
}

const REFUSALS = ['SURFACE_FENCED', 'RESOURCE_HALTED', 'RESOURCE_NOT_FOUND'] as const
type Refusal = (typeof REFUSALS)[number]
