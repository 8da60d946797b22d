import { LeaseList } from './lease-list.js'
import type { PluginVersion, Registration } from './plugin-version.js'

/** A provider as an epoch serves it. */
export interface ProviderEntry {
  readonly registration: Registration
  readonly owner: PluginVersion
}

/** A live resource as an epoch serves it. */
export interface ResourceEntry {
  readonly owner: PluginVersion
  readonly slot: { readonly live: unknown } | { readonly halted: unknown }
}

export type ResourceTable = ReadonlyMap<string, ResourceEntry>

/** The providers of one surface. Immutable. */
export class ProviderTable {
  static readonly empty = new ProviderTable([])
  readonly byKey: ReadonlyMap<string, ProviderEntry>
  /** In install order, then in registration order. */
  readonly entries: readonly ProviderEntry[]
  readonly providers: readonly unknown[]

  private constructor(entries: readonly ProviderEntry[]) {
    this.entries = entries
    this.byKey = new Map(entries.map((entry) => [entry.registration.key, entry]))
    this.providers = Object.freeze(entries.map((entry) => entry.registration.provider))
  }

  replace(retired: ReadonlySet<PluginVersion>, added: readonly ProviderEntry[]): ProviderTable {
    const kept = this.entries.filter(({ owner }) => !retired.has(owner))
    // The sort is stable, so the registration order of each plugin stays.
    return new ProviderTable([...kept, ...added].sort((a, b) => a.owner.place - b.owner.place))
  }
}

/** An immutable snapshot of every provider and every live resource the host serves, indexed by surface slot. */
export class Epoch {
  readonly number: number
  readonly providers: readonly ProviderTable[]
  readonly resources: readonly ResourceTable[]
  /** The plugin versions whose surfaces are closed to captures of this epoch. */
  readonly fenced: ReadonlySet<PluginVersion>
  readonly leases = new LeaseList()

  constructor(number: number, providers: readonly ProviderTable[], resources: readonly ResourceTable[], fenced: ReadonlySet<PluginVersion>) {
    this.number = number
    this.providers = providers
    this.resources = resources
    this.fenced = fenced
  }

  static initial(surfaces: number): Epoch {
    const none: ResourceTable = new Map()
    return new Epoch(0, Array.from({ length: surfaces }, () => ProviderTable.empty), Array.from({ length: surfaces }, () => none), new Set())
  }

  /** Whether a lease on this epoch can reach `version`, or the same plugin in an earlier generation. */
  reaches(version: PluginVersion): boolean {
    return this.#serves(version) || version.earlier.some((generation) => this.#serves(generation))
  }

  #serves(version: PluginVersion): boolean {
    return this.number >= version.firstEpoch && this.number <= version.lastEpoch && !this.fenced.has(version)
  }
}
