import { LeaseList } from '../lease/lease-list.js'
import type { PluginVersion } from './plugin-version.js'
import type { SurfaceTables } from './surface-table.js'

export const NOTHING_FENCED: ReadonlySet<PluginVersion> = new Set()

/**
 * What a lease captures: a number, by which each table knows what it served then. Only the list of its leases changes.
 */
export class Epoch extends LeaseList {
  readonly number: number
  readonly tables: SurfaceTables
  /** The plugin versions whose providers and resources are refused to leases on this epoch. */
  readonly fenced: ReadonlySet<PluginVersion>

  constructor(number: number, tables: SurfaceTables, fenced: ReadonlySet<PluginVersion> = NOTHING_FENCED) {
    super()
    this.number = number
    this.tables = tables
    this.fenced = fenced
  }

  override get holds(): 'epoch' {
    return 'epoch'
  }

  /** Another epoch is current from now on. This one is in `held` until its last lease ends. */
  supersede(held: Set<Epoch>): void {
    if (this.isEmpty) return
    held.add(this)
    this.whenEmpty(() => {
      held.delete(this)
    })
  }

  /** Whether leases on this epoch are refused what `version` provides. */
  isFenced(version: PluginVersion): boolean {
    return this.fenced !== NOTHING_FENCED && this.fenced.has(version)
  }

  /** Whether `version` is part of it, fenced or not. */
  includes(version: PluginVersion): boolean {
    return this.number >= version.firstEpoch && this.number <= version.lastEpoch
  }

  /** Whether a lease on this epoch can reach `version`, or the same plugin in an earlier generation. */
  reaches(version: PluginVersion): boolean {
    return this.#serves(version) || version.earlier.some((generation) => this.#serves(generation))
  }

  #serves(version: PluginVersion): boolean {
    return this.includes(version) && !this.fenced.has(version)
  }
}
