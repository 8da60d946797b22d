import type { PluginVersion, Registration } from './plugin-version.js'

/** A provider as epochs serve it. */
export interface ProviderEntry {
  readonly provider: unknown
  readonly registration: Registration
  readonly owner: PluginVersion
}

/** The providers of a surface in their order, from one change of the surface to the next. */
export class ProviderList {
  static readonly empty = new ProviderList([])
  #entries: readonly ProviderEntry[] | undefined
  #providers: readonly unknown[] | undefined

  /** @param entries in order; absent: `fill` puts them in order when somebody asks. */
  constructor(entries?: readonly ProviderEntry[]) {
    this.#entries = entries
  }

  /** In install order, then in registration order. */
  get entries(): readonly ProviderEntry[] {
    return this.#entries ?? []
  }

  get providers(): readonly unknown[] {
    return (this.#providers ??= Object.freeze(this.entries.map(({ provider }) => provider)))
  }

  /** @param read gives the providers, in any order. */
  fill(read: () => Iterable<ProviderEntry>): void {
    this.#entries ??= [...read()].sort((a, b) => a.owner.order - b.owner.order || a.registration.at - b.registration.at)
  }

  /**
   * The list is put in order anew when it is next read: another change of the surface was committed before this one.
   */
  forget(): void {
    this.#entries = undefined
    this.#providers = undefined
  }

  /**
   * The list after a change, made in steps between which others may run.
   *
   * @param added in order.
   */
  *after(retired: ReadonlySet<PluginVersion>, added: readonly ProviderEntry[]): Generator<void, ProviderList> {
    const entries: ProviderEntry[] = []
    let next = 0
    for (const entry of this.entries) {
      yield
      if (retired.has(entry.owner)) continue
      for (let own = added[next]; own !== undefined && own.owner.order < entry.owner.order; own = added[(next += 1)]) {
        entries.push(own)
      }
      entries.push(entry)
    }
    for (const own of added.slice(next)) entries.push(own)
    return new ProviderList(entries)
  }
}
