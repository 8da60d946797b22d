import type { ErrorPlace } from '../../errors.js'
import type { AnyStrategy, Opening, PluginIdentity } from '../../strategy.js'
import { KeyTable } from './key-table.js'
import { LeaseList } from '../lease/lease-list.js'
import type { LeasedPlugin } from '../lease/lease.js'
import type { VersionLifetime } from '../plugin/version-lifetime.js'
import type { Origin } from '../plugin/origin.js'
import type { Plugin, PluginHandle } from '../plugin/plugin.js'

/** A provider as a plugin version registered it. */
export interface Registration {
  readonly strategy: AnyStrategy
  readonly surface: string
  readonly key: string
  readonly provider: unknown
  /** Where it stands among the registrations of the plugin. */
  readonly at: number
}

/** A live resource that a plugin has the host open with it. */
export interface DeclaredResource {
  readonly strategy: AnyStrategy
  readonly surface: string
  readonly name: string
  /** The key of the provider that opens it. */
  readonly key: string
  readonly open: (provider: unknown, opening: Opening) => unknown
  /** What the plugin works with. */
  readonly handle: {
    serves(resource: unknown): void
    rolledBack(): void
  }
}

/** Closes what is left of one plugin, once. The plugins that were replaced together with it are not touched. */
export interface Closing {
  closeOf(plugin: Plugin): Promise<unknown>
}

export type PluginVersionInit = Pick<
  PluginVersion,
  'plugin' | 'generation' | 'order' | 'registrations' | 'declared' | 'origin' | 'lifetime'
>

/** One generation of a plugin. */
export class PluginVersion {
  readonly plugin: Plugin
  readonly generation: number
  readonly handle: PluginHandle
  /** How errors name it: one string, as each live resource keeps it. */
  readonly label: string
  /** Where the plugin stands in install order: a reload does not change it. */
  readonly order: number
  readonly registrations: readonly Registration[]
  readonly declared: readonly DeclaredResource[]
  /** The leases that hold this version only. */
  readonly leases: LeaseList
  /** Those of single live resources, which this generation has opened: another one may have closed them. */
  readonly resourceLeases = new Set<LeaseList>()
  /** The numbers of the first and the last epoch it is part of. */
  firstEpoch = Number.POSITIVE_INFINITY
  lastEpoch = Number.POSITIVE_INFINITY
  readonly origin: Origin
  /** Of the plugin, in all generations in which it serves. */
  readonly lifetime: VersionLifetime
  /** The same plugin in earlier generations, as far as leases may reach it there. */
  readonly earlier: readonly PluginVersion[]
  /** What closes what is left of its earlier generations. */
  readonly unclosed: Set<Closing>
  readonly #registrations = new KeyTable<Registration>()
  #leased: LeasedPlugin | undefined
  readonly #declared = new KeyTable<DeclaredResource>()

  /** @param before the same plugin in the generation before, when it serves again. */
  constructor(
    { plugin, generation, order, registrations, declared, origin, lifetime }: PluginVersionInit,
    before?: PluginVersion,
    earlier: readonly PluginVersion[] = [],
  ) {
    this.plugin = plugin
    this.generation = generation
    this.handle = Object.freeze({ id: plugin.manifest.id, generation })
    this.label = `${plugin.manifest.id}@${plugin.manifest.version}`
    this.order = order
    this.registrations = registrations
    this.declared = declared
    this.origin = origin
    this.lifetime = lifetime
    // It is one plugin, which is shut down once, when nothing of any of its generations is held any more.
    this.leases = before?.leases ?? new LeaseList()
    this.unclosed = before?.unclosed ?? new Set()
    this.earlier = earlier
    for (const it of registrations) this.#registrations.set(it.surface, it.key, it)
    for (const it of declared) this.#declared.set(it.surface, it.name, it)
  }

  get id(): string {
    return this.plugin.manifest.id
  }
  get version(): string {
    return this.plugin.manifest.version
  }
  /** The same object for all leases. */
  get leased(): LeasedPlugin {
    return (this.#leased ??= Object.freeze({ id: this.id, version: this.version, generation: this.generation }))
  }
  get identity(): PluginIdentity {
    return { id: this.id, version: this.version }
  }

  /**
   * The generation in which this plugin serves again, in the place of `replaced`.
   *
   * @param isReached whether a lease on a former epoch can reach a version.
   */
  returning(replaced: PluginVersion, isReached: (version: PluginVersion) => boolean): PluginVersion {
    const { plugin, registrations, declared, origin, lifetime } = this
    const earlier = [this, ...this.earlier].filter((version) => version.resourceLeases.size > 0 || isReached(version))
    return new PluginVersion(
      { plugin, generation: replaced.generation + 1, order: replaced.order, registrations, declared, origin, lifetime },
      this,
      earlier,
    )
  }

  provides(surface: string, key: string): Registration | undefined {
    return this.#registrations.get(surface, key)
  }

  /** The live resource of this name that it has the host open. */
  declares(surface: string, name: string): DeclaredResource | undefined {
    return this.#declared.get(surface, name)
  }

  placeOf(registration: Registration): ErrorPlace {
    return { plugin: this.label, surface: registration.surface, key: registration.key }
  }
}
