import { ReloadError, type ReloadPhase } from '../errors.js'
import { Epoch, type ProviderEntry, type ProviderTable, type ResourceEntry, type ResourceTable } from './epoch.js'
import type { PluginVersion, Registration } from './plugin-version.js'
import { tableKey } from './table-key.js'

/** What a resource becomes: an entry, or `undefined` where it leaves. */
export interface ResourceEdit {
  readonly slot: number
  readonly name: string
  readonly entry: ResourceEntry | undefined
}

/**
 * What a commit does to an epoch. It is applied to whichever epoch is current at that moment, so that reloads of
 * different plugins need not wait for one another (I11).
 */
export class EpochChange {
  readonly retired: ReadonlySet<PluginVersion>
  readonly installed: readonly PluginVersion[]
  readonly #edits: ResourceEdit[] = []
  readonly #added = new Map<number, ProviderEntry[]>()
  /** Which of the installed versions provide a key, by table key. */
  readonly #claims = new Map<string, PluginVersion[]>()
  readonly #tables = new Map<number, { base: ProviderTable; next: ProviderTable }>()
  readonly #resourceCopies = new Map<number, { base: ResourceTable; copy: Map<string, ResourceEntry> }>()
  readonly #fenced: { add: Iterable<PluginVersion>; remove: Iterable<PluginVersion> }

  constructor(retired: Iterable<PluginVersion>, installed: readonly PluginVersion[], fenced: { add?: Iterable<PluginVersion>; remove?: Iterable<PluginVersion> } = {}) {
    this.retired = new Set(retired)
    this.installed = installed
    this.#fenced = { add: fenced.add ?? [], remove: fenced.remove ?? [] }
    for (const version of this.retired) for (const { slot } of version.registrations) this.#addedTo(slot)
    for (const owner of installed) {
      for (const registration of owner.registrations) {
        this.#addedTo(registration.slot).push({ registration, owner })
        const key = tableKey(registration.slot, registration.key)
        const claims = this.#claims.get(key)
        if (claims === undefined) this.#claims.set(key, [owner])
        else claims.push(owner)
      }
    }
  }

  edit(...edits: ResourceEdit[]): this {
    this.#edits.push(...edits)
    return this
  }

  /** Builds the tables beforehand, so that the commit has only to fill them in where nothing else has committed. */
  warm(current: Epoch, resourceSlots: Iterable<number>): void {
    for (const slot of this.#added.keys()) this.#table(slot, current)
    for (const slot of resourceSlots) this.#resourcesOf(slot, current)
  }

  /** @throws ReloadError `DUPLICATE` where two plugins would provide the same key. */
  check(current: Epoch, phase: ReloadPhase): void {
    for (const owner of this.installed) {
      for (const registration of owner.registrations) {
        const holder = this.#holder(owner, registration, current)
        if (holder === undefined) continue
        throw new ReloadError('DUPLICATE', `the key is provided by plugin "${holder.label}"`, {
          phase, ...owner.placeOf(registration), hint: 'Choose another key, or replace both plugins together with reloadAll.',
        })
      }
    }
  }

  apply(current: Epoch): Epoch {
    const providers = current.providers.slice()
    for (const slot of this.#added.keys()) providers[slot] = this.#table(slot, current)
    const number = current.number + 1
    for (const version of this.retired) version.lastEpoch = current.number
    for (const version of this.installed) version.firstEpoch = number
    return new Epoch(number, providers, this.#resources(current), this.#fences(current))
  }

  /** Who else would serve a key of `owner`: a plugin that stays, or one that comes with it. */
  #holder(owner: PluginVersion, { slot, key }: Registration, current: Epoch): PluginVersion | undefined {
    const staying = current.providers[slot]?.byKey.get(key)?.owner
    if (staying !== undefined && !this.retired.has(staying)) return staying
    return this.#claims.get(tableKey(slot, key))?.find((other) => other !== owner)
  }

  #addedTo(slot: number): ProviderEntry[] {
    let added = this.#added.get(slot)
    if (added === undefined) this.#added.set(slot, added = [])
    return added
  }

  #table(slot: number, current: Epoch): ProviderTable {
    const base = current.providers[slot] as ProviderTable
    const built = this.#tables.get(slot)
    if (built?.base === base) return built.next
    const next = base.replace(this.retired, this.#addedTo(slot))
    this.#tables.set(slot, { base, next })
    return next
  }

  #resources(current: Epoch): readonly ResourceTable[] {
    if (this.#edits.length === 0) return current.resources
    const tables = current.resources.slice()
    for (const { slot, name, entry } of this.#edits) {
      const copy = this.#resourcesOf(slot, current)
      if (entry === undefined) copy.delete(name)
      else copy.set(name, entry)
      tables[slot] = copy
    }
    return tables
  }

  /** A copy of a resource table, for the epoch that this change makes of `current`. */
  #resourcesOf(slot: number, current: Epoch): Map<string, ResourceEntry> {
    const base = current.resources[slot] as ResourceTable
    const copied = this.#resourceCopies.get(slot)
    if (copied?.base === base) return copied.copy
    const copy = new Map(base)
    this.#resourceCopies.set(slot, { base, copy })
    return copy
  }

  #fences(current: Epoch): ReadonlySet<PluginVersion> {
    const fenced = new Set(current.fenced)
    for (const version of this.#fenced.add) fenced.add(version)
    for (const version of this.#fenced.remove) fenced.delete(version)
    for (const version of this.retired) fenced.delete(version)
    return fenced
  }
}
