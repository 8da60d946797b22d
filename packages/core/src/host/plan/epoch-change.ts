import { ReloadError, type ReloadPhase } from '../../errors.js'
import type { ChainTable } from '../../mvcc/chain-table.js'
import { Transaction } from '../../mvcc/transaction.js'
import type { Pace } from '../../pace.js'
import type { Attached } from '../resource/attached.js'
import type { PluginVersion, Registration } from '../epoch/plugin-version.js'
import type { ProviderEntry, ProviderList } from '../epoch/provider-list.js'
import type { Contracts } from './contracts.js'
import type { ProvidedBy, Succession } from './succession.js'
import type { SurfaceTable, SurfaceTables } from '../epoch/surface-table.js'

/** The list of a surface after the commit, and the list that it was made from. */
interface NextList {
  readonly before: ProviderList
  readonly after: ProviderList
}

/**
 * What an operation changes in the tables. It is written ahead, as versions that nobody sees before the commit, which
 * is one assignment. Operations on different plugins do not wait for one another (I11): where two of them have written
 * under the same key, the later commit checks all of its keys once more.
 */
export class EpochChange {
  readonly transaction = new Transaction()
  readonly #succession: Succession
  readonly #tables: SurfaceTables
  readonly #pace: Pace
  readonly #retired: ReadonlySet<PluginVersion>
  /** The keys under which something was written, of each table. */
  readonly #written = new Map<ChainTable<unknown>, string[]>()
  readonly #lists = new Map<SurfaceTable, NextList>()
  /** `listChanges` of the tables when the first list was made. */
  #listsAsOf = 0
  #contracts: Contracts | undefined

  constructor(succession: Succession, tables: SurfaceTables, pace: Pace) {
    this.#succession = succession
    this.#tables = tables
    this.#pace = pace
    this.#retired = new Set(succession.retired)
  }

  /** @throws ReloadError `DUPLICATE` where two plugins would provide the same key. */
  async check(phase: ReloadPhase): Promise<void> {
    for (const owner of this.#succession.installed) {
      for (const registration of owner.registrations) {
        this.#refuseTaken(owner, registration, phase)
        if (this.#pace.due()) await this.#pace.pause()
      }
    }
  }

  /** Writes what becomes of the keys. */
  async writeKeys(contracts: Contracts): Promise<void> {
    this.#contracts = contracts
    for (const {
      registration: { strategy, surface, key },
    } of this.#succession.removed) {
      const table = this.#tables.of(strategy.surface)
      this.#write(table.providers, key, undefined)
      const contract = contracts.remembered.get(surface, key)
      if (contract !== undefined) this.#write(table.remembered, key, contract)
      if (this.#pace.due()) await this.#pace.pause()
    }
    const added = new Map<string, ProviderEntry[]>()
    for (const owner of this.#succession.installed.toSorted((a, b) => a.order - b.order)) {
      for (const registration of owner.registrations) {
        const { strategy, surface, key, provider } = registration
        const table = this.#tables.of(strategy.surface)
        const entry = { provider, registration, owner }
        if (!this.#isAsJudged(owner, registration)) this.transaction.contended = true
        this.#write(table.providers, key, entry)
        if (table.remembered.latest(key) !== undefined) this.#write(table.remembered, key, undefined)
        const list = added.get(surface)
        if (list === undefined) added.set(surface, [entry])
        else list.push(entry)
        if (this.#pace.due()) await this.#pace.pause()
      }
    }
    this.#listsAsOf = this.#tables.listChanges
    for (const { surface } of this.#succession.strategies) {
      const table = this.#tables.of(surface)
      const before = table.latestList
      const making = before.after(this.#retired, added.get(surface.id) ?? [])
      let made = making.next()
      for (; made.done !== true; made = making.next()) if (this.#pace.due()) await this.#pace.pause()
      table.lists.prepend(made.value, this.transaction)
      this.#lists.set(table, { before, after: made.value })
    }
  }

  /** Takes back what was written of a resource that leaves by itself. */
  withdraw({ table, name }: Attached): void {
    table.resources.withdraw(name, this.transaction)
  }

  /**
   * Writes that `live` serves in the place of a resource. Where it is called twice for one resource, the last call
   * counts.
   */
  succeed(attached: Attached, live: unknown): void {
    const { table, name, key } = attached
    const { owner } = this.#succession.after(table.id, key) as ProvidedBy
    table.resources.withdraw(name, this.transaction)
    this.#write(table.resources, name, { attached, owner, live })
  }

  /** Writes that `live` serves, a resource that the operation has opened. */
  opens(attached: Attached, owner: PluginVersion, live: unknown): void {
    this.#write(attached.table.resources, attached.name, { attached, owner, live })
  }

  /** Writes that the resources `orphans` leave, with nothing in their place. */
  async removeResources(orphans: Iterable<Attached>): Promise<void> {
    for (const { table, name } of orphans) {
      this.#write(table.resources, name, undefined)
      if (this.#pace.due()) await this.#pace.pause()
    }
  }

  /** @throws ReloadError `DUPLICATE` where another operation has taken a key since this one checked it. */
  refuseContended(): void {
    if (!this.transaction.contended) return
    for (const owner of this.#succession.installed) {
      for (const registration of owner.registrations) {
        this.#refuseTaken(owner, registration, 'commit')
        if (this.#isAsJudged(owner, registration)) continue
        // Another plugin has provided this key and given it up since the preflight: the key was judged by an older
        // contract.
        const { surface, key } = registration
        throw new ReloadError('DUPLICATE', 'another plugin has provided this key since it was judged', {
          phase: 'commit',
          surface,
          key,
          hint: 'Nothing was changed. Repeat the operation: the key is then judged by what that plugin has provided.',
        })
      }
    }
  }

  /**
   * Called in the turn of the commit, before it. A list has to be put in order anew where the list that it was made
   * from is no longer the latest. Where no other operation was committed meanwhile no list is looked at, as there may
   * be ten thousand.
   */
  settleLists(): void {
    const isLatest = this.#tables.listChanges === this.#listsAsOf
    this.#tables.listChanges += 1
    if (isLatest) return
    for (const [table, { before, after }] of this.#lists) if (table.lists.latest !== before) after.forget()
  }

  /** Makes what was written void at once, and removes it from the tables in slices. */
  async abort(): Promise<void> {
    if (this.transaction.state === 'pending') this.transaction.abort()
    for (const [table, key] of this.#allWritten()) {
      table.withdraw(key, this.transaction)
      if (this.#pace.due()) await this.#pace.pause()
    }
    for (const table of this.#lists.keys()) table.lists.withdraw(this.transaction)
  }

  /**
   * Unlinks, in slices, the replaced versions that no epoch sees.
   *
   * @param epochs gives the numbers of the epochs that can still be asked for.
   * @returns whether every replaced version is unlinked.
   */
  async prune(epochs: () => readonly number[]): Promise<boolean> {
    let seen = epochs()
    let clean = true
    for (const [table, key] of this.#allWritten()) {
      clean = table.prune(key, seen) && clean
      if (!this.#pace.due()) continue
      await this.#pace.pause()
      seen = epochs()
    }
    for (const table of this.#lists.keys()) {
      table.lists.prune(seen)
      clean &&= table.lists.isSingle
    }
    return clean
  }

  #write<T>(table: ChainTable<T>, key: string, value: T | undefined): void {
    table.write(key, value, this.transaction)
    const keys = this.#written.get(table)
    if (keys === undefined) this.#written.set(table, [key])
    else keys.push(key)
  }

  *#allWritten(): Generator<readonly [table: ChainTable<unknown>, key: string]> {
    for (const [table, keys] of this.#written) for (const key of keys) yield [table, key]
  }

  #refuseTaken(owner: PluginVersion, registration: Registration, phase: ReloadPhase): void {
    const holder = this.#holder(owner, registration)
    if (holder === undefined) return
    throw new ReloadError('DUPLICATE', `the key is provided by plugin "${holder.label}"`, {
      phase,
      ...owner.placeOf(registration),
      hint: 'Choose another key, or replace both plugins together with reloadAll.',
    })
  }

  /** Who else would serve a key of `owner`: a plugin that stays, or another one that the operation installs. */
  #holder(owner: PluginVersion, { strategy, surface, key }: Registration): PluginVersion | undefined {
    const staying = this.#tables.of(strategy.surface).providers.latest(key)?.owner
    if (staying !== undefined && !this.#retired.has(staying)) return staying
    const first = this.#succession.after(surface, key)?.owner
    return first === owner ? undefined : first
  }

  #isAsJudged(owner: PluginVersion, registration: Registration): boolean {
    const { strategy, surface, key } = registration
    return (
      this.#holder(owner, registration) === undefined &&
      this.#tables.of(strategy.surface).remembered.latest(key) === this.#contracts?.judgedBy.get(surface, key)
    )
  }
}
