import { ReloadError } from '../../errors.js'
import { ChainTable } from '../../mvcc/chain-table.js'
import { Transaction } from '../../mvcc/transaction.js'
import { VersionChain } from '../../mvcc/version-chain.js'
import type { AnyStrategy } from '../../strategy.js'
import type { LeaseList } from '../lease/lease-list.js'
import type { PluginVersion } from './plugin-version.js'
import { ProviderList, type ProviderEntry } from './provider-list.js'

/** A live resource as epochs serve it. */
export type ResourceEntry = ServedResource & ({ readonly live: unknown } | { readonly halted: unknown })

interface ServedResource {
  /** The resource itself, which stays the same from version to version. */
  readonly attached: { readonly leased: Set<LeaseList> }
  /** The plugin version whose provider opened it. */
  readonly owner: PluginVersion
}

/** What a host serves of one surface, in all epochs. */
export class SurfaceTable {
  readonly strategy: AnyStrategy
  readonly providers = new ChainTable<ProviderEntry>()
  readonly resources = new ChainTable<ResourceEntry>()
  /** The contracts of removed keys: a key that comes back is judged by its own. */
  readonly remembered = new ChainTable<unknown>()
  readonly lists = new VersionChain<ProviderList>(ProviderList.empty, Transaction.committed(0))

  constructor(strategy: AnyStrategy) {
    this.strategy = strategy
  }

  get id(): string {
    return this.strategy.surface.id
  }

  /** The providers that are served now. */
  get latestList(): ProviderList {
    return this.list(Number.MAX_VALUE)
  }

  /** The providers that `epoch` serves. */
  list(epoch: number): ProviderList {
    const list = this.lists.at(epoch) as ProviderList
    list.fill(() => this.providers.valuesAt(epoch))
    return list
  }
}

/** The surfaces of a host. */
export class SurfaceTables implements Iterable<SurfaceTable> {
  readonly #byId = new Map<string, SurfaceTable>()
  /** The surface that was asked for last: what is asked for in a row is mostly of one surface. */
  #lastSurface: object | undefined
  #lastTable: SurfaceTable | undefined
  /** How many operations have put their lists of providers into service. */
  listChanges = 0

  constructor(strategies: Iterable<AnyStrategy>) {
    for (const strategy of strategies) this.#byId.set(strategy.surface.id, new SurfaceTable(strategy))
  }

  /** @throws ReloadError `NO_STRATEGY`. */
  of(surface: { readonly id: string }): SurfaceTable {
    if (surface === this.#lastSurface) return this.#lastTable as SurfaceTable
    const table = this.find(surface.id)
    if (table === undefined) {
      throw new ReloadError('NO_STRATEGY', 'no strategy is registered for this surface', {
        surface: surface.id,
        hint: 'Pass its strategy to the host.',
      })
    }
    this.#lastSurface = surface
    return (this.#lastTable = table)
  }

  find(id: string): SurfaceTable | undefined {
    return this.#byId.get(id)
  }

  [Symbol.iterator](): Iterator<SurfaceTable> {
    return this.#byId.values()
  }
}
